# -DREELMEND_SANITIZE=address,undefined (or thread): everything that is built is watched while it runs.
set(REELMEND_SANITIZE "" CACHE STRING "Sanitizers of the compiler, such as address,undefined or thread")
if(REELMEND_SANITIZE)
  add_compile_options("-fsanitize=${REELMEND_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options("-fsanitize=${REELMEND_SANITIZE}")
endif()
