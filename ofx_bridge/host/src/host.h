// What a plug-in is told about its host, and the suites it may fetch.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "property_set.h"
#include "temper.h"

namespace ofxhost {

struct HostOptions {
    std::string name = "org.reelmend.pyopenfx";
    std::string label = "pyopenfx";
    std::string version_label = "1.0";
    bool temporal_access = true;                            // false: only the current frame can be read
    std::set<std::pair<std::string, int>> withheld_suites;  // answered as absent, to see how a plug-in copes
    std::vector<std::string> depths = {kOfxBitDepthByte, kOfxBitDepthShort, kOfxBitDepthHalf, kOfxBitDepthFloat};
    std::vector<std::string> components = {kOfxImageComponentRGBA, kOfxImageComponentRGB, kOfxImageComponentAlpha};
    std::vector<std::string> contexts = {kOfxImageEffectContextFilter, kOfxImageEffectContextGeneral,
                                         kOfxImageEffectContextGenerator, kOfxImageEffectContextTransition,
                                         kOfxImageEffectContextRetimer};
    std::vector<int> api_version = {1, 5};
    bool tiles = true;
    bool multi_resolution = true;
    bool background = true;
    Temper temper;
};

class Host : public PropertySet {
  public:
    explicit Host(const HostOptions& options);

    OfxHost* ofxHost() { return &table_; }
    const HostOptions& options() const { return options_; }

  private:
    void defineProperties();

    HostOptions options_;
    OfxHost table_;
};

}  // namespace ofxhost
