# Builds for Linux with glibc 2.28 and newer, such as Rocky Linux 8, with the clang of PyPI's ziglang, whose libc++ goes
# into the binary. build.sh names the compiler, $REELMEND_ZIG, and where the libraries lie, $REELMEND_LIBRARIES.
set(REELMEND_PORTABLE ON)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR "${CMAKE_HOST_SYSTEM_PROCESSOR}")

set(_target -target "${CMAKE_SYSTEM_PROCESSOR}-linux-gnu.2.28")
set(CMAKE_C_COMPILER "$ENV{REELMEND_ZIG}" cc ${_target})
set(CMAKE_CXX_COMPILER "$ENV{REELMEND_ZIG}" c++ ${_target})
# zig adds checks for undefined behaviour, and clang fuses a·b + c where the processor can: gcc does neither.
set(CMAKE_C_FLAGS_INIT "-fno-sanitize=undefined -ffp-contract=off")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")

# Nothing of this machine's /usr may be seen: its headers belong to a newer C library.
set(CMAKE_LIBRARY_ARCHITECTURE "${CMAKE_SYSTEM_PROCESSOR}-linux-gnu")
set(CMAKE_FIND_ROOT_PATH "$ENV{REELMEND_LIBRARIES}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "$ENV{REELMEND_LIBRARIES}")
set(ENV{PKG_CONFIG_LIBDIR}
    "$ENV{REELMEND_LIBRARIES}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/pkgconfig:$ENV{REELMEND_LIBRARIES}/usr/share/pkgconfig")
