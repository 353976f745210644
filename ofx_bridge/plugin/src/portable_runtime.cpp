// What gcc's crtbeginS.o does for a shared object when it is unmapped, and zig's linker leaves out: without it the
// destructors of static objects would run at the host's exit, in code that is no longer there.

extern "C" {
__attribute__((visibility("hidden"))) extern void* __dso_handle;
void __cxa_finalize(void* dso);
}

namespace {

// Without a priority: before drop_bundle and free_exception_reserve, as gcc has it.
__attribute__((destructor)) void destroy_static_objects() {
    __cxa_finalize(&__dso_handle);
}

}  // namespace
