# What is built for speed and what for size. In a build with CMake's own release flags the inner loops (levels.cmake) keep
# -O3, the VM and the kernels that models spend their time in get -O2, and the others -Os, which is half of -O2's size
# there: what runs once a load or a call, is about text, or leaves its work to other kernels. A build with flags of its own
# (-O1 in development) keeps them but for the files named first.
set(WITHOUT_INLINING  # GCC then takes members of std::optional for uninitialized that are not
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

# Every byte of the weights goes through the one when a model first runs, every instruction through the other, which is
# faster where GCC leaves each step's jump apart, so that it is predicted by itself (bench/README.md has figures).
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/base/blake2b.cc PROPERTY COMPILE_OPTIONS -O3)
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/run/vm.cc PROPERTY COMPILE_OPTIONS
  -O2 $<$<CXX_COMPILER_ID:GNU>:-fno-gcse> $<$<CXX_COMPILER_ID:GNU>:-fno-crossjumping>)
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/base/blake2b.cc ${PROJECT_SOURCE_DIR}/src/run/vm.cc
  PROPERTY SKIP_PRECOMPILE_HEADERS ON)  # headers are precompiled for one level of optimisation

# Reading, verifying and the interface run once for a model.
file(GLOB once CONFIGURE_DEPENDS src/api/*.cc src/ir/*.cc src/read/*.cc src/rules/*.cc)
set_property(SOURCE ${once} PROPERTY COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-Os> ${WITHOUT_INLINING})

if(CMAKE_CXX_FLAGS_RELEASE MATCHES "-O3")
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  file(GLOB small CONFIGURE_DEPENDS
    src/run/*.cc src/rules/*.cc src/kernels/python_*.cc src/kernels/number_*.cc
    src/base/error.cc src/base/quote.cc src/base/utf8.cc src/core/call.cc src/core/format.cc src/core/registry.cc
    src/kernels/dicts.cc src/kernels/facts.cc src/kernels/lists.cc src/kernels/strings.cc src/kernels/text.cc
    src/kernels/format_spec.cc src/kernels/letters.cc src/kernels/percent.cc src/kernels/tensor_text.cc
    src/kernels/container_support.cc src/kernels/view_copies.cc src/kernels/views.cc
    src/kernels/deformable.cc src/kernels/einsum.cc src/kernels/regions.cc src/kernels/unique.cc
    src/kernels/class_losses.cc src/kernels/comparison.cc src/kernels/complex_numbers.cc src/kernels/creation.cc
    src/kernels/differences.cc src/kernels/distance.cc src/kernels/embedding_bags.cc src/kernels/extrema.cc
    src/kernels/fft.cc src/kernels/float_text.cc src/kernels/fourier.cc src/kernels/gamma.cc src/kernels/grids.cc
    src/kernels/grouped.cc src/kernels/histograms.cc src/kernels/indexing.cc src/kernels/interpolate.cc
    src/kernels/masks.cc src/kernels/numbers.cc src/kernels/numpy_types.cc src/kernels/order_stats.cc
    src/kernels/packed.cc src/kernels/padding.cc src/kernels/products.cc src/kernels/quantized.cc
    src/kernels/quantized_forms.cc src/kernels/quantized_support.cc src/kernels/random.cc src/kernels/ranges.cc
    src/kernels/rearrange.cc src/kernels/rnn.cc src/kernels/searching.cc src/kernels/signal.cc
    src/kernels/singular.cc src/kernels/slicing.cc src/kernels/sorting.cc src/kernels/templates.cc
    src/kernels/unpooling.cc src/kernels/vector_norms.cc src/kernels/view_scatter.cc src/kernels/warnings.cc
    src/kernels/weight_norm.cc src/kernels/window_functions.cc src/simd/select.cc src/simd/*_complex.cc)
  list(FILTER small EXCLUDE REGEX "/run/(vm|steps|work|border)\\.cc$")
  set_property(SOURCE ${small} PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-Os> ${WITHOUT_INLINING})
endif()
