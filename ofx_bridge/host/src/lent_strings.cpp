#include "lent_strings.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace ofxhost {

namespace {

constexpr size_t kQuarantinedActions = 256;
constexpr char kDead = '\x7f';

// Reads memory that may have been unmapped: the kernel answers EFAULT where a plain read would end the process.
class SafeReader {
  public:
    SafeReader() { usable_ = pipe(ends_.data()) == 0; }
    ~SafeReader() {
        if (!usable_) return;
        close(ends_[0]);
        close(ends_[1]);
    }
    SafeReader(const SafeReader&) = delete;
    SafeReader& operator=(const SafeReader&) = delete;

    bool holds(const char* memory, const std::string& text) const {
        constexpr size_t kPiece = 4096;
        const size_t length = text.size() + 1;
        for (size_t done = 0; usable_ && done < length; done += kPiece) {
            std::array<char, kPiece> piece{};
            const size_t count = std::min(kPiece, length - done);
            // Not write(): sanitizers look into its argument.
            if (syscall(SYS_write, ends_[1], memory + done, count) != static_cast<long>(count)) return false;
            if (read(ends_[0], piece.data(), count) != static_cast<ssize_t>(count)) return false;
            if (!std::equal(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count), text.c_str() + done)) {
                return false;
            }
        }
        return true;
    }

  private:
    std::array<int, 2> ends_{};
    bool usable_ = false;
};

}  // namespace

void StringWatch::note(const char* given, const std::string& where) {
    std::lock_guard lock(mutex_);
    given_[given] = {given, where};
}

std::vector<std::string> StringWatch::changed() {
    const SafeReader reader;
    std::vector<std::string> result;
    std::lock_guard lock(mutex_);
    for (auto entry = given_.begin(); entry != given_.end();) {
        if (reader.holds(entry->first, entry->second.text)) {
            ++entry;
            continue;
        }
        result.push_back(entry->second.where + " '" + entry->second.text.substr(0, 60) + "'");
        entry = given_.erase(entry);
    }
    return result;
}

const char* LentStrings::lend(const std::string& text) {
    std::lock_guard lock(mutex_);
    return lent_.emplace_back(text).c_str();
}

LentStrings::~LentStrings() {
    for (auto& text : lent_) std::fill(text.begin(), text.end(), kDead);
    // Kept for a while where they are, so that a late reader finds dead characters and not another string's.
    static std::mutex quarantine_mutex;
    static auto& quarantine = *new std::deque<std::deque<std::string>>();
    std::lock_guard lock(quarantine_mutex);
    quarantine.push_back(std::move(lent_));
    if (quarantine.size() > kQuarantinedActions) quarantine.pop_front();
}

}  // namespace ofxhost
