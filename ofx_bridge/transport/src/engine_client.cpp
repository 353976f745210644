#include "reelmend/transport/engine_client.h"

#include <atomic>
#include <mutex>
#include <new>
#include <random>
#include <thread>

#include "failures.h"
#include "launcher.h"
#include "render_stream.h"

namespace reelmend::transport {

namespace {

const std::string kServerInfoPath = "/reelmend.rpc.v1.EngineService/GetServerInfo";
constexpr size_t kMostIdleStreams = 32;
constexpr uint32_t kMostSidePixels = 32768;
constexpr std::chrono::milliseconds kEndingTakes{1500};

void check(const RenderJob& job) {
    if (job.window.empty()) throw EngineError(Code::invalid_argument, "a render needs at least one frame of 'Source'");
    for (const WindowFrame& frame : job.window) {
        const FrameFormat& format = frame.format;
        const bool sized = format.width >= 1 && format.width <= kMostSidePixels && format.height >= 1 &&
                           format.height <= kMostSidePixels && (format.channels == 1 || format.channels == 3);
        if (!sized) {
            throw EngineError(Code::invalid_argument,
                              "frame " + std::to_string(frame.frame) + " is " + std::to_string(format.width) + "×" +
                                  std::to_string(format.height) + " pixels; each side must be 1 to " +
                                  std::to_string(kMostSidePixels));
        }
    }
}

// 128 random bits in hexadecimal digits.
std::string random_name() {
    constexpr char kDigits[] = "0123456789abcdef";
    std::random_device random;
    std::string name;
    for (int word = 0; word < 4; ++word) {
        for (uint32_t bits = random(), digit = 0; digit < 8; ++digit, bits >>= 4) name += kDigits[bits & 15u];
    }
    return name;
}

ServerInfo ask_server_info(GrpcConnection& connection, const std::string& address, Waiting& waiting) {
    connection.start_call(kServerInfoPath, waiting.remaining());
    connection.send({}, waiting);
    connection.half_close();
    const std::optional<Bytes> message = connection.receive(waiting);
    if (message && connection.receive(waiting)) throw ProtocolBroken("it answered twice");
    const Status status = connection.status();
    if (status.code == Code::unavailable || status.code == Code::cancelled) throw ConnectionLost(status.message);
    if (status.code == Code::resource_exhausted) {
        throw EngineError(status.code,
                          "the engine at " + address + " is busy: " + status.message + "; try again later");
    }
    if (status.code != Code::ok) {
        throw EngineError(status.code, "what listens at " + address + " is no Reelmend engine: " + status.message);
    }
    if (!message) throw ProtocolBroken("its answer is empty");
    return decode_server_info(*message);
}

}  // namespace

class EngineClient::Pool {
  public:
    Pool(std::string address, EngineStart start)
        : address_(address.empty() ? default_address() : std::move(address)), launcher_(std::move(start)) {}

    const std::string& address() const { return address_; }

    std::unique_ptr<RenderStream> take(Waiting& waiting) {
        while (std::unique_ptr<RenderStream> stream = take_idle()) {
            if (stream->is_usable()) return stream;
        }
        return std::make_unique<RenderStream>(connect(waiting).first, address_, client_id_);
    }

    void give_back(std::unique_ptr<RenderStream> stream) {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (idle_.size() < kMostIdleStreams) idle_.push_back(std::move(stream));
    }

    // After a loss: the others of this engine are lost as well.
    void drop_idle() {
        std::vector<std::unique_ptr<RenderStream>> dropped;
        const std::lock_guard<std::mutex> guard(mutex_);
        dropped.swap(idle_);
    }

    // A connection to an engine that speaks this version of the contract. An engine that is ending may still accept
    // connections and drop them, so those are tried again for a while: its successor is started when it is gone.
    std::pair<std::unique_ptr<GrpcConnection>, ServerInfo> connect(Waiting& waiting) {
        const auto give_up = Waiting::Clock::now() + kEndingTakes;
        for (;;) {
            try {
                return connect_once(waiting);
            } catch (const ConnectionLost&) {
                if (Waiting::Clock::now() >= give_up) throw;
            }
            waiting.check();
            std::this_thread::sleep_for(std::chrono::milliseconds(waiting.slice_ms()));
        }
    }

    std::pair<std::unique_ptr<GrpcConnection>, ServerInfo> connect_once(Waiting& waiting) {
        auto connection = std::make_unique<GrpcConnection>(launcher_.connect(parse_address(address_), waiting));
        ServerInfo info = ask_server_info(*connection, address_, waiting);
        if (info.api_version != kApiVersion) {
            throw EngineError(Code::failed_precondition, "engine " + one_line(info.engine_version) + " at " + address_ +
                                                             " speaks API " + std::to_string(info.api_version) +
                                                             ", this plug-in speaks " + std::to_string(kApiVersion) +
                                                             ": update the " +
                                                             (info.api_version < kApiVersion ? "engine" : "plug-in"));
        }
        return {std::move(connection), std::move(info)};
    }

    bool wants_shared_memory(const RenderJob& job, bool first_attempt) const {
        if (job.route == PixelRoute::shared_memory) return true;
        // The second attempt takes the route that is always possible.
        return job.route == PixelRoute::automatic && first_attempt && !no_shared_memory_;
    }

    void remember_no_shared_memory() { no_shared_memory_ = true; }

    // Runs `work(first_attempt)`, once more after a loss that a fresh connection may mend.
    template <typename Work>
    auto with_retry(Work work) {
        for (bool first = true;; first = false) {
            try {
                return work(first);
            } catch (const ConnectionLost& lost) {
                drop_idle();
                if (!first) {
                    throw EngineError(Code::unavailable, "the engine at " + address_ + " was lost: " + lost.what() +
                                                             "; see its log, and render again");
                }
            } catch (const ProtocolBroken& broken) {
                throw EngineError(Code::internal, "what listens at " + address_ + " broke the engine's protocol: " +
                                                      broken.what() + "; is it a Reelmend engine?");
            } catch (const EngineError& error) {
                if (!first || error.code() != Code::data_loss) throw;
            } catch (const std::bad_alloc&) {
                throw EngineError(Code::resource_exhausted, "no memory left for a frame; close other programs");
            }
        }
    }

  private:
    std::unique_ptr<RenderStream> take_idle() {
        const std::lock_guard<std::mutex> guard(mutex_);
        if (idle_.empty()) return nullptr;
        std::unique_ptr<RenderStream> stream = std::move(idle_.back());
        idle_.pop_back();
        return stream;
    }

    const std::string address_;
    const std::string client_id_ = random_name();
    Launcher launcher_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<RenderStream>> idle_;
    std::atomic<bool> no_shared_memory_{false};
};

EngineClient::EngineClient(std::string address, EngineStart start)
    : pool_(std::make_unique<Pool>(std::move(address), std::move(start))) {}

EngineClient::~EngineClient() = default;

const std::string& EngineClient::address() const {
    return pool_->address();
}

RenderTimings EngineClient::render(const RenderJob& job, const RenderCallbacks& callbacks) {
    check(job);
    Waiting waiting(job.timeout, callbacks.aborted, "frame " + std::to_string(job.frame) + " at " + address());
    const auto attempt = [&](bool shared_memory) -> RenderTimings {
        bool delivered = false;
        try {
            std::unique_ptr<RenderStream> stream = pool_->take(waiting);
            const RenderTimings timings = stream->render(job, shared_memory, callbacks, waiting, delivered);
            pool_->give_back(std::move(stream));
            return timings;
        } catch (const ConnectionLost&) {
            if (!delivered) throw;
            return {};  // only the timings were lost
        }
    };
    return pool_->with_retry([&](bool first) {
        const bool shared_memory = pool_->wants_shared_memory(job, first);
        try {
            return attempt(shared_memory);
        } catch (const SharedMemoryUnusable& unusable) {
            if (job.route == PixelRoute::shared_memory) {
                throw EngineError(Code::failed_precondition,
                                  "the engine at " + address() + " shares no memory with this program: " +
                                      one_line(unusable.what()) + "; let pixels go through the stream");
            }
        }
        pool_->remember_no_shared_memory();
        return attempt(false);
    });
}

ServerInfo EngineClient::server_info(std::chrono::milliseconds timeout, const std::function<bool()>& aborted) {
    Waiting waiting(timeout, aborted, "the engine at " + address());
    return pool_->with_retry([&](bool) { return pool_->connect(waiting).second; });
}

}  // namespace reelmend::transport
