#include "render_stream.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "failures.h"

namespace reelmend::transport {

namespace {

const std::string kRenderPath = "/reelmend.rpc.v1.EngineService/Render";
constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr size_t kMostChunkBytes = size_t{2} << 20;
// An output may be larger than its source (super-resolution), but not by more than this on each side.
constexpr uint64_t kMostScale = 8;
// A stream forgets its mappings when it has met so many segments, and looks now and then which the engine has dropped.
constexpr size_t kMostSegments = 1024;
constexpr std::chrono::seconds kSegmentCheckEvery{1};

std::string text(const FrameFormat& format) {
    return std::to_string(format.width) + "×" + std::to_string(format.height) + "×" + std::to_string(format.channels);
}

// The index, among all frames that the job announces, of one that the engine asks for.
size_t announced_index(const RenderJob& job, const NeededFrame& needed) {
    size_t before = 0;
    const std::vector<WindowFrame>* frames = needed.clip == kSource ? &job.window : nullptr;
    if (frames == nullptr) {
        before = job.window.size();
        for (const AuxiliaryClip& clip : job.auxiliary) {
            if (clip.name == needed.clip) {
                frames = &clip.frames;
                break;
            }
            before += clip.frames.size();
        }
    }
    const auto is_it = [&](const WindowFrame& frame) { return frame.frame == needed.frame; };
    const auto found = frames == nullptr ? job.window.end() : std::find_if(frames->begin(), frames->end(), is_it);
    if (frames == nullptr || found == frames->end()) {
        throw ProtocolBroken("it asked for frame " + std::to_string(needed.frame) + " of '" + one_line(needed.clip) +
                             "', which is not in the window");
    }
    const FrameFormat expected = needed.form == Form::full ? found->format : proxy_format(found->format);
    if (!needed.format.same_size(expected)) {
        throw ProtocolBroken("it asked for frame " + std::to_string(needed.frame) + " as " + text(needed.format) +
                             ", which is not " + text(expected));
    }
    return before + static_cast<size_t>(found - frames->begin());
}

void check_output_format(const RenderJob& job, const FrameFormat& format) {
    const FrameFormat& source = job.window.front().format;
    const bool sized = format.width >= 1 && format.height >= 1 && format.width <= kMostScale * source.width &&
                       format.height <= kMostScale * source.height;
    if (!sized || (format.channels != 1 && format.channels != 3)) {
        throw ProtocolBroken("it sent a result of " + text(format) + " for a source of " + text(source));
    }
}

uint64_t request_id_of(const Response& response) {
    return std::visit([](const auto& message) { return message.request_id; }, response);
}

}  // namespace

size_t RenderJob::frame_count() const {
    size_t count = window.size();
    for (const AuxiliaryClip& clip : auxiliary) count += clip.frames.size();
    return count;
}

const WindowFrame& RenderJob::frame_at(size_t index) const {
    if (index < window.size()) return window[index];
    index -= window.size();
    for (const AuxiliaryClip& clip : auxiliary) {
        if (index < clip.frames.size()) return clip.frames[index];
        index -= clip.frames.size();
    }
    throw EngineError(Code::internal, "the job has no such frame");
}

uint8_t* PixelBuffer::at_least(size_t bytes) {
    if (capacity_ < bytes) {
        bytes_.reset();
        bytes_.reset(new uint8_t[bytes]);
        capacity_ = bytes;
    }
    return bytes_.get();
}

RenderStream::RenderStream(std::unique_ptr<GrpcConnection> connection, std::string address, std::string client_id)
    : connection_(std::move(connection)), address_(std::move(address)), client_id_(std::move(client_id)) {
    connection_->start_call(kRenderPath, std::nullopt);
}

RenderStream::~RenderStream() {
    connection_->cancel();
}

RenderTimings RenderStream::render(const RenderJob& job, bool shared_memory, const RenderCallbacks& callbacks,
                                   Waiting& waiting, bool& delivered) {
    drop_dead_segments();
    Request request{++last_request_id_, job, shared_memory, callbacks, waiting};
    Outgoing start;
    start.head = encode_start(job, {request.id, shared_memory, waiting.remaining(), client_id_});
    connection_->send(start, waiting);
    Bytes message;
    supply(request, expect<FramesNeeded>(request, message));
    if (callbacks.while_waiting) callbacks.while_waiting();
    // All before any: a request whose second output is lost can be made once more.
    std::vector<RenderOutput> outputs;
    for (uint32_t index = 0; index < job.outputs.size(); ++index) {
        outputs.push_back(receive(request, index, expect<OutputFrame>(request, message)));
    }
    for (const RenderOutput& output : outputs) callbacks.receive(output);
    delivered = true;
    return expect<RenderDone>(request, message).timings;
}

void RenderStream::throw_status() const {
    const Status status = connection_->status();
    if (status.code == Code::ok) throw ConnectionLost("the engine ended the stream");
    if (status.code == Code::unavailable || status.code == Code::cancelled) throw ConnectionLost(status.message);
    if (status.code == Code::resource_exhausted && status.retry_after) {
        throw EngineFull(status.message, *status.retry_after);
    }
    throw EngineError(status.code, status.message + " (engine at " + address_ + ")");
}

void RenderStream::next_message(Request& request, Bytes& message, bool* placed) {
    connection_->recycle(std::move(message));
    std::optional<Bytes> received = connection_->receive(request.waiting, placed);
    if (!received) throw_status();
    message = std::move(*received);
}

// The message, which must be of this kind; a chunk's pixels stay in it.
template <typename Expected>
Expected RenderStream::decoded(const Request& request, const Bytes& message) const {
    Response response = decode_response(message, 2 * request.job.frame_count());
    if (request_id_of(response) != request.id) throw ProtocolBroken("it answered another request");
    Expected* const expected = std::get_if<Expected>(&response);
    if (expected == nullptr) throw ProtocolBroken("it sent an answer out of order");
    return std::move(*expected);
}

template <typename Expected>
Expected RenderStream::expect(Request& request, Bytes& message) {
    next_message(request, message, nullptr);
    return decoded<Expected>(request, message);
}

void RenderStream::supply(Request& request, const FramesNeeded& needed) {
    std::set<std::pair<size_t, Form>> asked;
    std::vector<size_t> indices;
    for (const NeededFrame& frame : needed.frames) {
        indices.push_back(announced_index(request.job, frame));
        if (!asked.insert({indices.back(), frame.form}).second) {
            throw ProtocolBroken("it asked for frame " + std::to_string(frame.frame) + " twice");
        }
        if (frame.slot && !request.shared_memory) throw ProtocolBroken("it offered a slot that nobody asked for");
    }
    for (uint32_t i = 0; i < needed.frames.size(); ++i) {
        const NeededFrame& frame = needed.frames[i];
        request.waiting.check();
        if (!frame.slot) {
            uint8_t* const planes = upload_.at_least(frame.format.bytes());
            write_pixels(request, indices[i], frame, planes);
            send_in_stream(request, i, planes, frame.format.bytes());
            continue;
        }
        write_pixels(request, indices[i], frame, slot_pixels(*frame.slot, frame.format));
        Outgoing message;
        message.head = encode_pixels_in_slot(request.id, i);
        connection_->send(message, request.waiting);
    }
}

void RenderStream::write_pixels(const Request& request, size_t index, const NeededFrame& frame, void* planes) {
    const auto& supply = request.callbacks.supply;
    const SampleType type = frame.format.sample_type;
    if (frame.form == Form::full) {
        const std::optional<Digest> digest = supply(index, Form::full, type, planes);
        if (digest && *digest != request.job.frame_at(index).digest) throw FrameChangedInFlight(frame.frame);
        return;
    }
    if (type == SampleType::float32) {
        supply(index, Form::proxy, type, planes);
        return;
    }
    const size_t samples = frame.format.samples();
    auto* const floats = reinterpret_cast<float*>(proxy_.at_least(samples * sizeof(float)));
    supply(index, Form::proxy, SampleType::float32, floats);
    to_halves(floats, samples, static_cast<uint16_t*>(planes));
}

void RenderStream::send_in_stream(Request& request, uint32_t needed_index, const uint8_t* bytes, size_t size) {
    for (size_t offset = 0; offset < size; offset += kChunkBytes) {
        const size_t part = std::min(kChunkBytes, size - offset);
        connection_->send(encode_chunk(request.id, needed_index, offset, bytes + offset, part), request.waiting);
    }
}

RenderOutput RenderStream::receive(Request& request, uint32_t index, const OutputFrame& output) {
    const std::string& wanted = request.job.outputs[index];
    if (output.output_index != index || output.output != wanted) {
        throw ProtocolBroken("it sent output '" + one_line(output.output) + "' where '" + wanted + "' was due");
    }
    RenderOutput result;
    result.index = index;
    result.identical_to_source = output.identical_to_source;
    if (output.identical_to_source) {
        result.format = request.job.window.front().format;
    } else {
        if (!output.format) throw ProtocolBroken("it sent a result without a format");
        check_output_format(request.job, *output.format);
        if (output.slot && !request.shared_memory) throw ProtocolBroken("it used a slot that nobody asked for");
        result.format = *output.format;
        result.planes = output.slot ? reinterpret_cast<const float*>(slot_pixels(*output.slot, result.format))
                                    : receive_in_stream(request, index, result.format);
    }
    return result;
}

const float* RenderStream::receive_in_stream(Request& request, uint32_t output_index, const FrameFormat& format) {
    const size_t size = format.bytes();
    while (results_.size() <= output_index) results_.emplace_back();
    uint8_t* const bytes = results_[output_index].at_least(size);
    // Chunks go straight to where they say they belong, inside the result; whether that was their turn shows when they
    // are counted.
    placed_.clear();
    struct PlacerEnds {
        GrpcConnection& connection;
        ~PlacerEnds() { connection.place_with({}); }
    } const placer_ends{*connection_};
    connection_->place_with([&](const uint8_t* first_bytes, size_t message_bytes) {
        std::optional<MessageAssembler::Place> place;
        const auto head = decode_chunk_head(first_bytes, MessageAssembler::kLookBytes, message_bytes);
        if (!head || head->chunk.request_id != request.id || head->chunk.index != output_index ||
            head->chunk.offset_bytes > size || head->chunk.size > size - head->chunk.offset_bytes) {
            return place;
        }
        placed_.push_back(head->chunk);
        place = {head->head_bytes, bytes + head->chunk.offset_bytes};
        return place;
    });
    Bytes message;
    for (size_t received = 0; received < size;) {
        bool is_placed = false;
        next_message(request, message, &is_placed);
        const PixelChunk chunk = is_placed ? placed_.front() : decoded<PixelChunk>(request, message);
        if (is_placed) placed_.pop_front();
        const bool fits = chunk.index == output_index && chunk.offset_bytes == received && chunk.size >= 1 &&
                          chunk.size <= kMostChunkBytes && chunk.size <= size - received;
        if (!fits) {
            throw ProtocolBroken("it sent " + std::to_string(chunk.size) + " bytes at " +
                                 std::to_string(chunk.offset_bytes) + " of a result of " + std::to_string(size) +
                                 " bytes, of which " + std::to_string(received) + " had come");
        }
        if (!is_placed) std::memcpy(bytes + received, chunk.data, chunk.size);
        received += chunk.size;
    }
    return reinterpret_cast<const float*>(bytes);
}

// The memory of a segment without a name is freed by its last mapping.
void RenderStream::drop_dead_segments() {
    if (segments_.size() > kMostSegments) segments_.clear();
    const auto now = Waiting::Clock::now();
    if (now - segments_checked_ < kSegmentCheckEvery) return;
    segments_checked_ = now;
    for (auto entry = segments_.begin(); entry != segments_.end();) {
        entry = platform::SharedSegment::exists(entry->first) ? std::next(entry) : segments_.erase(entry);
    }
}

uint8_t* RenderStream::slot_pixels(const SlotPlace& slot, const FrameFormat& format) {
    const auto found = segments_.try_emplace(slot.segment, slot.segment).first;
    platform::SharedSegment& segment = found->second;
    const bool inside = slot.offset_bytes <= segment.size() && slot.size_bytes <= segment.size() - slot.offset_bytes;
    if (!inside || slot.size_bytes < format.bytes() || slot.offset_bytes % sizeof(float) != 0) {
        throw ProtocolBroken("its slot of " + std::to_string(slot.size_bytes) + " bytes at " +
                             std::to_string(slot.offset_bytes) + " does not hold " + text(format) + " samples");
    }
    return segment.data() + slot.offset_bytes;
}

}  // namespace reelmend::transport
