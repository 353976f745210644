#include "reelmend/transport/engine_client.h"

#include <atomic>
#include <mutex>
#include <new>
#include <random>

#include "failures.h"
#include "launcher.h"
#include "model_list.h"
#include "render_stream.h"

namespace reelmend::transport {

namespace {

const std::string kServerInfoPath = "/reelmend.rpc.v1.EngineService/GetServerInfo";
const std::string kListModelsPath = "/reelmend.rpc.v1.EngineService/ListModels";
constexpr size_t kMostIdleStreams = 32;
constexpr uint32_t kMostSidePixels = 32768;
constexpr std::chrono::milliseconds kEndingTakes{1500};
constexpr std::chrono::milliseconds kLeastPause{5};

void check(const RenderJob& job) {
    if (job.window.empty()) throw EngineError(Code::invalid_argument, "a render needs at least one frame of 'Source'");
    if (job.outputs.empty()) throw EngineError(Code::invalid_argument, "a render needs an output, such as 'result'");
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

// The answer to a call whose request is empty.
Bytes ask(const std::string& path, GrpcConnection& connection, const std::string& address, Waiting& waiting) {
    connection.start_call(path, waiting.remaining());
    connection.send({}, waiting);
    connection.half_close();
    const std::optional<Bytes> message = connection.receive(waiting);
    if (message && connection.receive(waiting)) throw ProtocolBroken("it answered twice");
    const Status status = connection.status();
    if (status.code == Code::unavailable || status.code == Code::cancelled) throw ConnectionLost(status.message);
    if (status.code == Code::resource_exhausted && status.retry_after) {
        throw EngineFull(status.message, *status.retry_after);
    }
    if (status.code == Code::resource_exhausted) {
        throw EngineError(status.code,
                          "the engine at " + address + " is busy: " + status.message + "; try again later");
    }
    if (status.code != Code::ok) {
        throw EngineError(status.code, "what listens at " + address + " is no Reelmend engine: " + status.message);
    }
    if (!message) throw ProtocolBroken("its answer is empty");
    return *message;
}

}  // namespace

class EngineClient::Pool {
  public:
    Pool(std::string address, EngineStart start)
        : address_(address.empty() ? default_address() : std::move(address)),
          start_(std::move(start)),
          mine_(new Mine(start_)) {}
    ~Pool() { drop(mine_.load()); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    const std::string& address() const { return address_; }

    std::unique_ptr<RenderStream> take(Waiting& waiting) {
        Mine& here = mine();
        while (std::unique_ptr<RenderStream> stream = here.take_idle()) {
            if (stream->is_usable()) return stream;
        }
        return std::make_unique<RenderStream>(connect(waiting).first, address_, here.client_id);
    }

    void give_back(std::unique_ptr<RenderStream> stream) {
        Mine& here = mine();
        const std::lock_guard<std::mutex> guard(here.mutex);
        if (here.idle.size() < kMostIdleStreams) here.idle.push_back(std::move(stream));
    }

    // After a loss: the others of this engine are lost as well.
    void drop_idle() {
        std::vector<std::unique_ptr<RenderStream>> dropped;
        Mine& here = mine();
        const std::lock_guard<std::mutex> guard(here.mutex);
        dropped.swap(here.idle);
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
            waiting.pause(std::chrono::milliseconds(10));
        }
    }

    std::pair<std::unique_ptr<GrpcConnection>, ServerInfo> connect_once(Waiting& waiting) {
        auto connection = std::make_unique<GrpcConnection>(mine().launcher.connect(parse_address(address_), waiting));
        ServerInfo info = decode_server_info(ask(kServerInfoPath, *connection, address_, waiting));
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
    auto with_retry(Waiting& waiting, Work work) {
        for (bool first = true;; first = false) {
            try {
                return when_there_is_room(waiting, [&] { return work(first); });
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
    // What belongs to one process. A child that a host forked has a copy of it, which it must not use: the sockets are
    // the parent's, and a mutex may be held by a thread that the child has not.
    struct Mine {
        explicit Mine(const EngineStart& start) : launcher(start) {}

        std::unique_ptr<RenderStream> take_idle() {
            const std::lock_guard<std::mutex> guard(mutex);
            if (idle.empty()) return nullptr;
            std::unique_ptr<RenderStream> stream = std::move(idle.back());
            idle.pop_back();
            return stream;
        }

        const long owner = transport::process_id();
        const std::string client_id = random_name();
        Launcher launcher;
        std::mutex mutex;
        std::vector<std::unique_ptr<RenderStream>> idle;
    };

    Mine& mine() {
        Mine* known = mine_.load(std::memory_order_acquire);
        if (known->owner == process_id()) return *known;
        auto fresh = std::make_unique<Mine>(start_);
        Mine* const inherited = known;
        if (!mine_.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) return *known;
        drop(inherited);
        return *fresh.release();
    }

    // Foreign connections close without a word. What a vanished thread was changing at the fork stays as it is.
    static void drop(Mine* gone) {
        const bool whole = gone->owner == process_id() || gone->mutex.try_lock();
        if (whole && gone->owner != process_id()) gone->mutex.unlock();
        if (whole) delete gone;
    }

    // Runs `work`, again after the pauses that a full engine asks for, within the time of the call.
    template <typename Work>
    auto when_there_is_room(Waiting& waiting, Work work) {
        for (;;) {
            std::chrono::milliseconds pause{0};
            try {
                return work();
            } catch (const EngineFull& full) {
                if (full.retry_after >= waiting.remaining()) {
                    throw EngineError(Code::resource_exhausted,
                                      "the engine at " + address_ + " is full: " + full.what() + "; it asks for " +
                                          std::to_string(full.retry_after.count()) +
                                          " ms, more than this render has left: give it more time or try again later");
                }
                pause = std::max(full.retry_after, kLeastPause);
            }
            waiting.pause(pause);
        }
    }

    const std::string address_;
    const EngineStart start_;
    std::atomic<Mine*> mine_;
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
    return pool_->with_retry(waiting, [&](bool first) {
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
    return pool_->with_retry(waiting, [&](bool) { return pool_->connect(waiting).second; });
}

std::vector<ModelInfo> EngineClient::models(std::chrono::milliseconds timeout, const std::function<bool()>& aborted) {
    Waiting waiting(timeout, aborted, "the models of the engine at " + address());
    return pool_->with_retry(waiting, [&](bool) {
        const auto connection = pool_->connect(waiting).first;
        return decode_models(ask(kListModelsPath, *connection, address(), waiting));
    });
}

}  // namespace reelmend::transport
