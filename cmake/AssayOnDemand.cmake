# Libraries that few commands need are loaded when they are first called (src/base/on_demand.hpp, ADR 008).
#
# assay_on_demand(NAME TARGET [IN_FILE]) makes OnDemand::NAME from the imported pkg-config target TARGET: its headers, and
# ASSAY_ON_DEMAND_NAME with its soname, for all of a module or, IN_FILE, for the sources named to assay_on_demand_source(),
# so that nothing else depends on it. Where that cannot be (another C library than glibc, sanitizers, which want to see
# every symbol at start, or a static library) it is TARGET itself, and the macro is not there.
include(CheckCXXSourceCompiles)
check_cxx_source_compiles("
  extern \"C\" { int one() { return 1; } static int (*resolve())() { return &one; } int two() __attribute__((ifunc(\"resolve\"))); }
  int main() { return two() - 1; }" ASSAY_HAS_IFUNC)
option(ASSAY_ON_DEMAND "Load libraries that few commands need when they are first called" ${ASSAY_HAS_IFUNC})
find_program(ASSAY_READELF NAMES readelf llvm-readelf)

function(assay_on_demand NAME TARGET)
  cmake_parse_arguments(ARG "IN_FILE" "" "" ${ARGN})
  add_library(OnDemand::${NAME} INTERFACE IMPORTED GLOBAL)
  set(soname "")
  if(ASSAY_ON_DEMAND AND ASSAY_HAS_IFUNC AND ASSAY_READELF AND NOT ASSAY_SANITIZE AND NOT ASSAY_COVERAGE)
    list(GET ${NAME}_LINK_LIBRARIES 0 file)
    execute_process(COMMAND ${ASSAY_READELF} -d ${file} OUTPUT_VARIABLE dynamic ERROR_QUIET)
    if(dynamic MATCHES "SONAME[^[]*\\[([^]]+)\\]")
      set(soname ${CMAKE_MATCH_1})
    endif()
  endif()
  if(NOT soname)
    target_link_libraries(OnDemand::${NAME} INTERFACE ${TARGET})
    return()
  endif()
  set(definition "ASSAY_ON_DEMAND_${NAME}=\"${soname}\"")
  if(ARG_IN_FILE)
    set(ASSAY_DEFINITION_OF_${NAME} ${definition} PARENT_SCOPE)
  else()
    target_compile_definitions(OnDemand::${NAME} INTERFACE ${definition})
  endif()
  foreach(property IN ITEMS INTERFACE_INCLUDE_DIRECTORIES INTERFACE_COMPILE_OPTIONS)
    get_target_property(value ${TARGET} ${property})
    if(value)
      set_property(TARGET OnDemand::${NAME} APPEND PROPERTY ${property} ${value})
    endif()
  endforeach()
endfunction()

# assay_on_demand_source(FILE NAME): the file of the module that defines the functions of OnDemand::NAME.
function(assay_on_demand_source FILE NAME)
  set_source_files_properties(${FILE} PROPERTIES COMPILE_DEFINITIONS "${ASSAY_DEFINITION_OF_${NAME}}")
endfunction()
