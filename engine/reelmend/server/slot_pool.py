"""The memory in which frames arrive and stay: touched once, recycled by size, counted towards one budget.

A block of shared memory belongs to one client for as long as it lives: what a client does to memory that it has mapped
can reach its own frames only. What arrives in chunks lies in blocks of the engine's own, which no client can map. A
filled block's pixels go into the content memory by reference; when the last view of them is garbage, the block comes
back to the pool. See docs/adr/0007.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from concurrent import futures

import numpy as np

from reelmend.buffer.memory import ContentMemory
from reelmend.errors import CapacityError, UnavailableError
from reelmend.frames import FrameFormat, Planes, content_digest
from reelmend.server.blocks import Block, KeptBytes, address_of, frame_key, size_class
from reelmend.shared_memory import OwnMemory, Segment, samples_in

# Smaller frames are copied out of their slot: a file, a mapping and a descriptor for each would cost more.
KEPT_FROM_BYTES = 1 << 20
# The first touch of fresh memory costs ten copies, a frame that must come again two. A client's ring of kept frames
# therefore starts with so many frames or bytes, and doubles when a frame comes again that it had to drop.
FIRST_RING = 8
FIRST_RING_BYTES = 128 << 20
# Blocks made beside a request that has to make one itself, so that the next ones find theirs.
SPARES = 2
# All segments together keep within this part of the memory (one in so many bytes), and this number.
SHARE = 2
MOST_SEGMENTS = 384
MOST_GHOSTS = 1024
ENGINE = ""
"""The owner of blocks that no client can map."""
# Slots that nobody used for so long are let go of, and so are the oldest of a client beyond so many, or beyond this
# part of the memory (one in so many bytes).
IDLE_S = 30.0
MOST_FREE = 64
FREE_SHARE = 4


class SlotPool:
    """The engine's blocks. Thread-safe. All their bytes count towards the content memory's budget."""

    def __init__(self, memory: ContentMemory, most_bytes: int = 0, most_segments: int = MOST_SEGMENTS) -> None:
        self._memory = memory
        self._most_bytes = most_bytes or memory.budget_bytes // SHARE
        self._most_segments = most_segments
        self._lock = threading.Lock()
        self._streams: Counter[str] = Counter({ENGINE: 1})
        self._free: dict[tuple[str, int], list[Block]] = {}
        self._kept: OrderedDict[bytes, Block] = OrderedDict()
        # The same blocks by where they lie: two clients may send one frame at the same time, and one of them is kept.
        self._lent: dict[int, Block] = {}
        self._ring: dict[tuple[str, int], int] = {}
        # Frames that were dropped for the sake of others.
        self._ghosts: OrderedDict[bytes, None] = OrderedDict()
        self._maker = futures.ThreadPoolExecutor(1, thread_name_prefix="slots")
        # Finalisers run anywhere, even inside of our own lock: they only lay blocks down here.
        self._returned: deque[Block] = deque()
        self._bytes = 0
        self._segments = 0

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments, leased, free or holding a frame of the store."""
        return self._bytes

    @property
    def segments(self) -> int:
        return self._segments

    def join(self, owner: str) -> None:
        """Count a stream of this client."""
        with self._lock:
            self._streams[owner] += 1

    def leave(self, owner: str) -> None:
        """Count a stream less; with the client's last one go its free segments, and the names of those in use."""
        with self._lock:
            self._streams[owner] -= 1
            if self._streams[owner] > 0:
                return
            del self._streams[owner]
            for key in [key for key in self._free if key[0] == owner]:
                for block in self._free.pop(key):
                    self._destroy(block)
            for block in self._kept.values():
                if block.owner == owner:
                    block.memory.unlink()
            for key in [key for key in self._ring if key[0] == owner]:
                del self._ring[key]
            self._take_in_returned()

    def take(self, owner: str, size_bytes: int, digest: bytes = b"") -> Block | None:
        """Return a block of at least that size, or None when the machine has no shared memory left.

        `digest` names the frame that will lie in it, if one will. Raises CapacityError, with a time to retry after,
        when what is in flight leaves no room in the budget.
        """
        size_bytes = size_class(size_bytes)
        with self._lock:
            self._take_in_returned()
            is_first = self._learn(owner, size_bytes, digest)
            block = self._pop(owner, size_bytes) or self._reclaimed(owner, size_bytes)
            block = block or self._booked(owner, size_bytes)
        if block.is_made:
            return block
        if size_bytes >= KEPT_FROM_BYTES:
            spares = min(FIRST_RING, FIRST_RING_BYTES // size_bytes) if is_first else SPARES
            self._maker.submit(self._make_spares, owner, size_bytes, max(SPARES, spares))
        return self._made(block)

    def give_back(self, block: Block) -> None:
        """Take a block back for reuse by the same client."""
        with self._lock:
            self._recycle(block)

    def destroy(self, block: Block) -> None:
        """Let go of a block that its client may still be writing to."""
        with self._lock:
            self._destroy(block)

    def keep(self, block: Block, form: FrameFormat, digest: bytes) -> Planes:
        """Return the block's planes, to be kept by the content memory: their end returns the block."""
        block.held_bytes -= form.size_bytes
        block.digest = digest
        self._memory.let_go(form.size_bytes)
        with self._lock:
            self._kept[digest] = block
            self._kept.move_to_end(digest)
            self._lent[address_of(block.memory.bytes)] = block
        return samples_in(np.asarray(KeptBytes(block, self._returned)), form)

    def admit(self, owner: str, digests: Iterable[bytes]) -> None:
        """Prepare the frames of a client's window: those in its own slots stay, those in another's are copied.

        The other client may still write to its slots, so that only a copy that has been checked serves this one.
        """
        for digest in digests:
            planes: Planes | None = self._memory.get(frame_key(digest))
            if planes is None:
                continue
            with self._lock:
                block = self._lent.get(address_of(planes))
                if digest in self._kept:
                    self._kept.move_to_end(digest)
            if block is not None and block.owner not in (owner, ENGINE):
                self._make_private(digest, planes)

    def let_go_of_idle(self) -> None:
        """Let go of what nobody used for a while. To be called now and then."""
        with self._lock:
            self._take_in_returned()
            long_ago = time.monotonic() - IDLE_S
            for key, blocks in list(self._free.items()):
                while blocks and blocks[0].free_since < long_ago:
                    self._destroy(blocks.pop(0))
                if not blocks:
                    del self._free[key]

    def _learn(self, owner: str, size_bytes: int, digest: bytes) -> bool:
        """Widen the ring when a dropped frame comes again; say whether this client asks for this size at first."""
        key = (owner, size_bytes)
        is_first = key not in self._ring
        if is_first:
            self._ring[key] = max(FIRST_RING, FIRST_RING_BYTES // size_bytes)
        if digest in self._ghosts:
            del self._ghosts[digest]
            self._ring[key] = min(2 * self._ring[key], MOST_SEGMENTS)
        return is_first

    def _booked(self, owner: str, size_bytes: int) -> Block:
        """Return a block that is counted and still to be made, or one whose frame had to go to make room for it."""
        self._make_room(size_bytes)
        self._hold(size_bytes)
        if (block := self._evicted(owner, size_bytes)) is not None:
            return block
        self._segments += 1
        self._bytes += size_bytes
        return Block(None, owner, size_bytes, size_bytes)

    def _made(self, block: Block) -> Block | None:
        """Make a booked block's segment, which takes long: without the lock."""
        try:
            block.made = OwnMemory(block.size_bytes) if block.owner == ENGINE else Segment(block.size_bytes)
        except UnavailableError:
            with self._lock:
                self._forget(block)
            return None
        return block

    def _make_spares(self, owner: str, size_bytes: int, count: int) -> None:
        for _ in range(count):
            with self._lock:
                has_room = self._bytes + size_bytes <= self._most_bytes and self._segments < self._most_segments
                fits = self._memory.used_bytes + size_bytes <= self._memory.budget_bytes
                if owner not in self._streams or not has_room or not fits:
                    return
                block = self._booked(owner, size_bytes)
            made = block if block.is_made else self._made(block)
            if made is None:
                return
            with self._lock:
                self._recycle(made, is_fresh=True)

    def _make_private(self, digest: bytes, planes: Planes) -> None:
        key = frame_key(digest)
        form = FrameFormat.of(planes)
        block = self.take(ENGINE, form.size_bytes, digest)
        if block is None:
            self._memory.forget(key)
            return
        copy = samples_in(block.memory.bytes, form)
        copy[...] = planes
        if content_digest(copy) == digest:
            self._memory.put(key, self.keep(block, form, digest), form.size_bytes)
        else:
            self.give_back(block)
            self._memory.forget(key)

    def _pop(self, owner: str, size_bytes: int) -> Block | None:
        blocks = self._free.get((owner, size_bytes))
        # The one that came back last is the likeliest to be mapped by the client, and to lie in the cache.
        return blocks.pop() if blocks else None

    def _reclaimed(self, owner: str, size_bytes: int) -> Block | None:
        """Return the block of this client's oldest kept frame of that size, once its ring or the pool is full."""
        kept = [d for d, b in self._kept.items() if b.owner == owner and b.size_bytes == size_bytes]
        is_full = self._bytes + size_bytes > self._most_bytes or self._segments >= self._most_segments
        if not kept or not (is_full or len(kept) >= self._ring[owner, size_bytes]):
            return None
        self._drop_kept(kept[0])
        return self._pop(owner, size_bytes)  # none when a render still reads the frame

    def _make_room(self, size_bytes: int) -> None:
        """Let go of what lies idle, then of the oldest frames, until the pool keeps its share; what is in use stays."""
        for release in (self._drop_oldest_free, self._drop_oldest_kept):
            while self._bytes + size_bytes > self._most_bytes or self._segments >= self._most_segments:
                if not release():
                    break

    def _drop_oldest_free(self) -> bool:
        filled = [blocks for blocks in self._free.values() if blocks]
        if not filled:
            return False
        self._destroy(min(filled, key=lambda blocks: blocks[0].free_since).pop(0))
        return True

    def _drop_oldest_kept(self) -> bool:
        if not self._kept:
            return False
        segments = self._segments
        self._drop_kept(next(iter(self._kept)))
        return self._segments < segments or self._drop_oldest_free()  # neither: a render still reads the frame

    def _drop_kept(self, digest: bytes) -> None:
        del self._kept[digest]
        self._ghosts[digest] = None
        if len(self._ghosts) > MOST_GHOSTS:
            self._ghosts.popitem(last=False)
        self._memory.forget(frame_key(digest))
        self._take_in_returned()

    def _hold(self, size_bytes: int) -> None:
        while True:
            try:
                return self._memory.hold(size_bytes)
            except CapacityError:
                if not self._drop_oldest_free():
                    raise

    def _evicted(self, owner: str, size_bytes: int) -> Block | None:
        """Return the block of a frame that was evicted to hold `size_bytes`, which then count for this block."""
        found, others = None, []
        while self._returned:
            block = self._returned.popleft()
            if found is None and (block.owner, block.size_bytes) == (owner, size_bytes):
                found = block
            else:
                others.append(block)
        self._returned.extend(others)
        if found is not None:
            self._unregister(found)
            self._memory.let_go(found.held_bytes)
            found.held_bytes = size_bytes
        return found

    def _unregister(self, block: Block) -> None:
        del self._lent[address_of(block.memory.bytes)]
        if self._kept.get(block.digest) is block:
            del self._kept[block.digest]

    def _take_in_returned(self) -> None:
        while self._returned:
            block = self._returned.popleft()
            self._unregister(block)
            lent_bytes = block.size_bytes - block.held_bytes
            # Never evict for the sake of an empty slot: its frame was evicted to make room.
            if self._memory.used_bytes + lent_bytes > self._memory.budget_bytes:
                self._destroy(block)
                continue
            self._memory.hold(lent_bytes)
            block.held_bytes = block.size_bytes
            self._recycle(block)

    def _recycle(self, block: Block, *, is_fresh: bool = False) -> None:
        if block.owner not in self._streams:
            self._destroy(block)
            return
        block.free_since = time.monotonic()
        blocks = self._free.setdefault((block.owner, block.size_bytes), [])
        blocks.insert(0 if is_fresh else len(blocks), block)  # a fresh one is not mapped by the client: the last choice
        own = [blocks for (owner, _), blocks in self._free.items() if owner == block.owner and blocks]
        free_bytes = sum(blocks[0].size_bytes * len(blocks) for blocks in own)
        if sum(map(len, own)) > MOST_FREE or free_bytes > self._memory.budget_bytes // FREE_SHARE:
            self._destroy(min(own, key=lambda blocks: blocks[0].free_since).pop(0))

    def _destroy(self, block: Block) -> None:
        block.memory.unlink()
        block.made = None
        self._forget(block)

    def _forget(self, block: Block) -> None:
        self._segments -= 1
        self._bytes -= block.size_bytes
        self._memory.let_go(block.held_bytes)
