# levee_embed(OUTPUT FUNCTION FILES...): writes OUTPUT, a source with FUNCTION: each file's name and text, as they are
# when CMake runs; a change of one runs it again. So the program needs no file beside it.
function(levee_embed output function)
  set(entries "")
  foreach(path ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    get_filename_component(name ${path} NAME)
    file(READ ${path} hex HEX)
    # As numbers: a raw string may be no longer than 64 KiB, and would have to escape nothing that the file holds.
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(MAKE_C_IDENTIFIER "${name}" identifier)
    string(APPEND arrays "constexpr unsigned char k_${identifier}[] = {${bytes}0};\n")
    string(APPEND entries "  {\"${name}\", {reinterpret_cast<const char*>(k_${identifier}), sizeof k_${identifier} - 1}},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${output} CONTENT "#include \"surge/embedded.hpp\"

namespace levee::surge {
namespace {
${arrays}}  // namespace

std::vector<EmbeddedFile> ${function}() {
  return {
${entries}  };
}

}  // namespace levee::surge
" @ONLY)
endfunction()
