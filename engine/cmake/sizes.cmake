# What is built for speed and what for size, in a build with CMake's own release flags: the inner loops (levels.cmake)
# and digests with -O3, kernels and the VM with -O2, and what runs once a load or a call, or is about text, with -Os,
# which is a third of -O2's size there. A build with flags of its own (-O1 in development) is left alone.
if(CMAKE_CXX_FLAGS_RELEASE MATCHES "-O3")
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  file(GLOB small CONFIGURE_DEPENDS
    src/api/*.cc src/ir/*.cc src/read/*.cc src/run/*.cc src/kernels/python_*.cc src/kernels/number_*.cc
    src/base/error.cc src/base/quote.cc src/base/utf8.cc src/core/call.cc src/core/format.cc src/core/registry.cc
    src/kernels/dicts.cc src/kernels/facts.cc src/kernels/lists.cc src/kernels/strings.cc src/kernels/text.cc
    src/kernels/container_support.cc src/kernels/view_copies.cc src/kernels/views.cc)
  list(FILTER small EXCLUDE REGEX "/run/(vm|steps|work|border)\\.cc$")
  # Without inlining, GCC takes members of std::optional for uninitialized that are not.
  set_property(SOURCE ${small} APPEND PROPERTY COMPILE_OPTIONS
    $<$<CONFIG:Release>:-Os> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/base/blake2b.cc APPEND PROPERTY
    COMPILE_OPTIONS $<$<CONFIG:Release>:-O3>)
endif()
