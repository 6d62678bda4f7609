# What is built for speed and what for size. In a build with CMake's own release flags the inner loops (levels.cmake) keep
# -O3, kernels and the VM get -O2, and what runs once a load or a call, or is about text, -Os, which is a third of -O2's
# size there. A build with flags of its own (-O1 in development) keeps them but for the files named first.
set(WITHOUT_INLINING  # GCC then takes members of std::optional for uninitialized that are not
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

# Every byte of the weights goes through the one when a model first runs, every instruction through the other, which is
# faster where GCC leaves each step's jump apart, so that it is predicted by itself (bench/README.md has figures).
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/base/blake2b.cc PROPERTY COMPILE_OPTIONS -O3)
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/run/vm.cc PROPERTY COMPILE_OPTIONS
  -O2 $<$<CXX_COMPILER_ID:GNU>:-fno-gcse> $<$<CXX_COMPILER_ID:GNU>:-fno-crossjumping>)

# Reading, verifying and the interface run once for a model.
file(GLOB once CONFIGURE_DEPENDS src/api/*.cc src/ir/*.cc src/read/*.cc)
set_property(SOURCE ${once} PROPERTY COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-Os> ${WITHOUT_INLINING})

if(CMAKE_CXX_FLAGS_RELEASE MATCHES "-O3")
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  file(GLOB small CONFIGURE_DEPENDS
    src/run/*.cc src/kernels/python_*.cc src/kernels/number_*.cc
    src/base/error.cc src/base/quote.cc src/base/utf8.cc src/core/call.cc src/core/format.cc src/core/registry.cc
    src/kernels/dicts.cc src/kernels/facts.cc src/kernels/lists.cc src/kernels/strings.cc src/kernels/text.cc
    src/kernels/format_spec.cc src/kernels/letters.cc src/kernels/percent.cc src/kernels/tensor_text.cc
    src/kernels/container_support.cc src/kernels/view_copies.cc src/kernels/views.cc
    src/kernels/deformable.cc src/kernels/einsum.cc src/kernels/regions.cc src/kernels/unique.cc)
  list(FILTER small EXCLUDE REGEX "/run/(vm|steps|work|border)\\.cc$")
  set_property(SOURCE ${small} PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-Os> ${WITHOUT_INLINING})
endif()
