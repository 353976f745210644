// Gives back what the C++ runtime inside the binary holds, when the binary is unmapped.

namespace __gnu_cxx {

// libstdc++'s own: frees the 72 kB it keeps for exceptions that are thrown when memory has run out.
__attribute__((weak)) void __freeres();

}  // namespace __gnu_cxx

namespace {

// 101: after every other destructor of the binary, since any of them may still throw. Only where the runtime is ours
// alone: in a shared one this would take the reserve away from the host.
__attribute__((destructor(101))) void free_exception_reserve() {
    if (__gnu_cxx::__freeres != nullptr) __gnu_cxx::__freeres();
}

}  // namespace
