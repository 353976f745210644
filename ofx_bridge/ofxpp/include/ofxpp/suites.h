// The suites of a host, fetched once.
#pragma once

#include <ofx/ofxImageEffect.h>
#include <ofx/ofxMessage.h>

#include <string>

#include "ofxpp/status.h"

namespace ofxpp {

class Suites {
  public:
    // Throws ErrMissingHostFeature when one that no effect can do without is missing.
    explicit Suites(const OfxHost& host)
        : host_(host),
          property_(mandatory<OfxPropertySuiteV1>(kOfxPropertySuite, 1)),
          effect_(mandatory<OfxImageEffectSuiteV1>(kOfxImageEffectSuite, 1)),
          parameter_(mandatory<OfxParameterSuiteV1>(kOfxParameterSuite, 1)),
          message_v1_(optional<OfxMessageSuiteV1>(kOfxMessageSuite, 1)),
          message_v2_(optional<OfxMessageSuiteV2>(kOfxMessageSuite, 2)) {}

    OfxPropertySetHandle host() const { return host_.host; }
    const OfxPropertySuiteV1& property() const { return *property_; }
    const OfxImageEffectSuiteV1& effect() const { return *effect_; }
    const OfxParameterSuiteV1& parameter() const { return *parameter_; }
    const OfxMessageSuiteV1* message_v1() const { return message_v1_; }
    const OfxMessageSuiteV2* message_v2() const { return message_v2_; }

  private:
    template <class Suite>
    const Suite* optional(const char* name, int version) const {
        auto* fetch = require(host_.fetchSuite, "fetchSuite");
        return static_cast<const Suite*>(fetch(host_.host, name, version));
    }

    template <class Suite>
    const Suite* mandatory(const char* name, int version) const {
        const Suite* suite = optional<Suite>(name, version);
        if (suite == nullptr)
            throw Error(kOfxStatErrMissingHostFeature,
                        std::string("the host lacks ") + name + " version " + std::to_string(version));
        return suite;
    }

    OfxHost host_;
    const OfxPropertySuiteV1* property_;
    const OfxImageEffectSuiteV1* effect_;
    const OfxParameterSuiteV1* parameter_;
    const OfxMessageSuiteV1* message_v1_;
    const OfxMessageSuiteV2* message_v2_;
};

}  // namespace ofxpp
