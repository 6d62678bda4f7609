# The inner loops (src/simd/isa/) once for each instruction set that the target processor may have.
#
# tsx_add_levels(TARGET) adds them to TARGET: a file of one line for each source and level, which
# includes the source, with the level's flags.
set(TSX_COMMON_LOOP_FLAGS -O3 -fno-math-errno -fno-trapping-math)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  set(TSX_ALL_LEVELS baseline avx2 avx512)
  set(TSX_FLAGS_baseline "")
  set(TSX_FLAGS_avx2 -mavx2 -mfma -mf16c)
  set(TSX_FLAGS_avx512 -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512dq -mavx512vl
    -mprefer-vector-width=512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(TSX_ALL_LEVELS neon)
  set(TSX_FLAGS_neon "")
else()
  set(TSX_ALL_LEVELS baseline)
  set(TSX_FLAGS_baseline "")
endif()

# Fewer levels build faster: -DTSX_LEVELS=baseline for sanitizers and fuzzing.
set(TSX_LEVELS ${TSX_ALL_LEVELS} CACHE STRING "Instruction sets to build; the first of ${TSX_ALL_LEVELS} is needed")
list(GET TSX_ALL_LEVELS 0 needed)
if(NOT needed IN_LIST TSX_LEVELS)
  message(FATAL_ERROR "TSX_LEVELS is ${TSX_LEVELS}; ${needed} has to be among them")
endif()
foreach(level ${TSX_LEVELS})
  if(NOT level IN_LIST TSX_ALL_LEVELS)
    message(FATAL_ERROR "TSX_LEVELS names ${level}; this processor may have ${TSX_ALL_LEVELS}")
  endif()
endforeach()

function(tsx_add_levels target)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/simd/isa/*.cc)
  foreach(level ${TSX_LEVELS})
    target_compile_definitions(${target} PRIVATE TSX_HAS_${level})
    foreach(source ${sources})
      get_filename_component(name ${source} NAME_WE)
      set(made ${PROJECT_BINARY_DIR}/levels/${name}_${level}.cc)
      file(CONFIGURE OUTPUT ${made} CONTENT "#include \"simd/isa/${name}.cc\"\n")
      set_source_files_properties(${made} PROPERTIES
        SKIP_PRECOMPILE_HEADERS ON
        COMPILE_DEFINITIONS TSX_LEVEL=${level}
        COMPILE_OPTIONS "${TSX_COMMON_LOOP_FLAGS};${TSX_FLAGS_${level}}")
      target_sources(${target} PRIVATE ${made})
    endforeach()
  endforeach()
endfunction()
