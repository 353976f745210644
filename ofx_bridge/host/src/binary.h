// A loaded .ofx file and the plug-ins in it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "effect.h"
#include "host.h"
#include "lent_strings.h"
#include "listener.h"

namespace ofxhost {

class LoadError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Binary;

class Plugin : public std::enable_shared_from_this<Plugin> {
  public:
    Plugin(Binary& binary, OfxPlugin& table);
    // Another life of the same plug-in, to be loaded and described anew, as hosts do that keep nothing between frames.
    std::shared_ptr<Plugin> again() const { return std::make_shared<Plugin>(binary_, table_); }

    std::string identifier() const { return table_.pluginIdentifier; }
    unsigned versionMajor() const { return table_.pluginVersionMajor; }
    unsigned versionMinor() const { return table_.pluginVersionMinor; }
    Binary& binary() const { return binary_; }
    Listener* listener() const;

    // Both send Load the first time, and keep their answer.
    EffectDescriptor& describe();
    EffectDescriptor& describeInContext(const std::string& context);
    OfxStatus call(Action& action, const void* handle, PropertySet* in, PropertySet* out) const;
    std::string threadSafety();
    std::recursive_mutex& renderMutex() { return render_mutex_; }

    void instanceBorn() { ++instances_; }
    void instanceDied() { --instances_; }
    int instances() const { return instances_; }

    // Sends Unload when Load was sent.
    void unload();

  private:
    void load();
    void checkAnswer(const Action& action, OfxStatus status) const;

    Binary& binary_;
    OfxPlugin& table_;
    std::recursive_mutex mutex_;
    std::recursive_mutex render_mutex_;
    bool loaded_ = false;
    std::unique_ptr<EffectDescriptor> general_;
    std::map<std::string, std::unique_ptr<EffectDescriptor>> contexts_;
    std::atomic<int> instances_{0};
};

class Binary : public std::enable_shared_from_this<Binary> {
  public:
    // Throws LoadError with the file and the reason.
    Binary(const std::string& file_path, const std::string& bundle_path, const HostOptions& options,
           std::shared_ptr<Listener> listener);
    // Unloads every plug-in and the file.
    ~Binary();
    Binary(const Binary&) = delete;
    Binary& operator=(const Binary&) = delete;

    const std::string& filePath() const { return file_path_; }
    const std::string& bundlePath() const { return bundle_path_; }
    const std::vector<std::shared_ptr<Plugin>>& plugins() const { return plugins_; }
    Host& host() { return host_; }
    const Host& host() const { return host_; }
    StringWatch& strings() { return strings_; }
    Listener* listener() const { return listener_.get(); }

  private:
    void open();
    void* symbol(const char* name) const;
    void readPlugins();

    std::string file_path_;
    std::string bundle_path_;
    Host host_;
    StringWatch strings_;
    std::shared_ptr<Listener> listener_;
    void* library_ = nullptr;
    std::vector<std::shared_ptr<Plugin>> plugins_;
};

// True while the file is mapped into this process by anyone.
bool isResident(const std::string& file_path);

}  // namespace ofxhost
