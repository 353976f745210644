#include "action_statuses.h"

#include <algorithm>
#include <map>
#include <vector>

#include "ofx/ofxGPURender.h"
#include "ofx/ofxImageEffect.h"

namespace ofxhost {

namespace {

using Statuses = std::vector<OfxStatus>;

// The programming reference's "Returns" of each action. Failed, ErrMemory and ErrFatal are common to nearly all.
const std::map<std::string, Statuses>& allowed() {
    static const Statuses failures = {kOfxStatFailed, kOfxStatErrMemory, kOfxStatErrFatal};
    const auto with = [](std::initializer_list<OfxStatus> own) {
        Statuses all(own);
        all.insert(all.end(), failures.begin(), failures.end());
        return all;
    };
    static const Statuses plain = with({kOfxStatOK, kOfxStatReplyDefault});
    static const std::map<std::string, Statuses> table = {
        {kOfxActionLoad, with({kOfxStatOK, kOfxStatReplyDefault, kOfxStatErrMissingHostFeature})},
        {kOfxActionUnload, plain},
        {kOfxActionDescribe, with({kOfxStatOK, kOfxStatErrMissingHostFeature})},
        {kOfxImageEffectActionDescribeInContext,
         with({kOfxStatOK, kOfxStatErrMissingHostFeature, kOfxStatErrUnsupported})},
        {kOfxActionCreateInstance,
         with({kOfxStatOK, kOfxStatReplyDefault, kOfxStatErrMissingHostFeature, kOfxStatUnlicensed})},
        {kOfxActionDestroyInstance, plain},
        {kOfxActionPurgeCaches, plain},
        {kOfxActionSyncPrivateData, plain},
        {kOfxActionInstanceChanged, plain},
        {kOfxActionBeginInstanceChanged, plain},
        {kOfxActionEndInstanceChanged, plain},
        {kOfxActionBeginInstanceEdit, plain},
        {kOfxActionEndInstanceEdit, plain},
        {kOfxImageEffectActionGetRegionOfDefinition, plain},
        {kOfxImageEffectActionGetRegionsOfInterest, plain},
        {kOfxImageEffectActionGetFramesNeeded, plain},
        {kOfxImageEffectActionGetClipPreferences, plain},
        {kOfxImageEffectActionGetTimeDomain, plain},
        {kOfxImageEffectActionIsIdentity, plain},
        {kOfxImageEffectActionBeginSequenceRender, plain},
        {kOfxImageEffectActionEndSequenceRender, plain},
        {kOfxImageEffectActionRender, with({kOfxStatOK, kOfxStatErrImageFormat, kOfxStatErrFormat, kOfxStatUnlicensed,
                                            kOfxStatGPUOutOfMemory, kOfxStatGPURenderFailed})},
    };
    return table;
}

}  // namespace

std::string statusDefect(const std::string& action, OfxStatus status) {
    const auto entry = allowed().find(action);
    if (entry == allowed().end()) return "";
    const Statuses& statuses = entry->second;
    if (std::find(statuses.begin(), statuses.end(), status) != statuses.end()) return "";
    return action + " was answered with status " + std::to_string(status) + ", which the standard does not allow there";
}

}  // namespace ofxhost
