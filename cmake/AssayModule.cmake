# assay_module(NAME SOURCES a.cpp ... [USES base digest ...] [PRIVATE third-party targets ...])
#
# One static library per module, `assay_<name>`, with `src/` as the include root. USES names the modules it may
# include, PRIVATE the third-party libraries whose headers stay in its .cpp files. tests/unit/layers checks that the
# includes agree with the layer order.
function(assay_module NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE;PUBLIC" ${ARGN})
  add_library(assay_${NAME} STATIC ${ARG_SOURCES})
  list(TRANSFORM ARG_USES PREPEND assay_)
  target_link_libraries(assay_${NAME}
    PUBLIC assay_flags ${ARG_USES} ${ARG_PUBLIC}
    PRIVATE ${ARG_PRIVATE})
endfunction()

# assay_unit_test(MODULE SOURCES ... [LINKS targets ...])
#
# One Catch2 executable per module, `unit_<module>`, so that a change rebuilds and runs only what it touches.
function(assay_unit_test MODULE)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(unit_${MODULE} ${ARG_SOURCES})
  target_link_libraries(unit_${MODULE} PRIVATE assay_${MODULE} assay_test_support ${ARG_LINKS})
  add_test(NAME unit_${MODULE} COMMAND unit_${MODULE})
  set_tests_properties(unit_${MODULE} PROPERTIES TIMEOUT 600)
endfunction()

# assay_fuzz_target(NAME SOURCE file.cpp LINKS module ...)
#
# With ASSAY_FUZZ a libFuzzer binary; always a `replay_<name>` test that runs the committed corpus through the same
# entry point, so that what a fuzzer once found stays found.
function(assay_fuzz_target NAME)
  cmake_parse_arguments(ARG "" "SOURCE" "LINKS" ${ARGN})
  list(TRANSFORM ARG_LINKS PREPEND assay_)
  if(ASSAY_FUZZ)
    add_executable(fuzz_${NAME} ${ARG_SOURCE})
    target_compile_options(fuzz_${NAME} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${NAME} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${NAME} PRIVATE ${ARG_LINKS})
  endif()
  add_executable(replay_${NAME} ${ARG_SOURCE} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
  target_link_libraries(replay_${NAME} PRIVATE ${ARG_LINKS})
  add_test(NAME replay_${NAME} COMMAND replay_${NAME} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${NAME})
  set_tests_properties(replay_${NAME} PROPERTIES TIMEOUT 120)
endfunction()
