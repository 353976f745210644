// Strings across the interface: whose memory they are, and whether it lasts.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ofxhost {

// Strings that a plug-in handed over. Some hosts keep the pointer instead of a copy.
class StringWatch {
  public:
    void note(const char* given, const std::string& where);
    // Where strings were given that are no longer what they were, each once. Unmapped memory counts as changed.
    std::vector<std::string> changed();

  private:
    struct Given {
        std::string text;
        std::string where;
    };
    std::mutex mutex_;
    std::map<const char*, Given> given_;
};

// Strings that the host lends for one action only, and overwrites after it, so that a plug-in that keeps one shows it.
class LentStrings {
  public:
    const char* lend(const std::string& text);
    ~LentStrings();

  private:
    std::mutex mutex_;
    std::deque<std::string> lent_;
};

}  // namespace ofxhost
