#include "provenance/stamp_place.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace assay::provenance;

namespace {

/// May the `1.3.0` of `text` be the release's version?
bool is_version(std::string_view path, std::string_view text) {
  ReleaseClaims release;
  release.project = "tally";
  const CommentLines comments{path, text};
  const StampSurroundings surroundings{path, text, comments, release};
  const auto at = text.find("1.3.0");
  const auto start = text.rfind('\n', at) + 1;
  const auto end = text.find('\n', at);
  const auto number =
      static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  return place_of(text.substr(start, at - start), text.substr(at + 5, end - at - 5),
                  {true, false, &surroundings, number}, release)
      .version;
}

}  // namespace

TEST_CASE("stamp places: the version is defined in a statement of its own", "[provenance][stamps]") {
  for (const auto* text :
       {"version = '1.3.0'\n", "VERSION=1.3.0\nall:\n", "set(TALLY_VERSION 1.3.0) # of this\n",
        "our $VERSION = '1.3.0';\n", "project('tally',\n  version : '1.3.0',\n)\n",
        "int x; /* ( */\n#define VERSION \"1.3.0\"\n", "cat <<EOF\na\nEOF\nVERSION=1.3.0\n",
        "x = \"\"\"\na\n\"\"\"\nversion = '1.3.0'\n", "project(\n  'tally',\n  version : '1.3.0',\n)\n",
        "setup(name='tally',\n  version='1.3.0')\n", "setup(\n  name = \"tally\",\n  version='1.3.0')\n",
        "cat > pins <<-EOF\nx\n\tEOF\nVERSION=1.3.0\n"})
    CHECK(is_version("a", text));
}

TEST_CASE("stamp places: what follows and what surrounds it may make it another's", "[provenance][stamps][hostile]") {
  for (const auto* text : {"version = '1.3.0' <= peer\n",
                           "version = '1.3.0' \\\n  <= peer\n",
                           "VERSION=1.3.0 run\n",
                           "version = '1.3.0', old()\n",
                           "version = '1.3.0'\n  <= peer\n",
                           "x = \\\nversion = '1.3.0'\n",
                           "#define F \\\n#define VERSION 1.3.0\n",
                           "call(\n  version = '1.3.0'\n)\n",
                           "project(dependency(\n  version = '1.3.0'))\n",
                           "a.project(\n  version = '1.3.0')\n",
                           "x = {\nversion: '1.3.0'\n}\n",
                           "if peer:\n  version = '1.3.0'\n",
                           "cat > pins <<EOF\nVERSION=1.3.0\nEOF\n",
                           "P = \"\"\"\nversion = '1.3.0'\n\"\"\"\n",
                           "p = `\nversion = '1.3.0'\n`\n",
                           "VERSION=1.3.0\nwget x\n",
                           "VERSION=1.3.0\necho lines-${VERSION}\n",
                           "/* ignored */ accept(peer, {\n  version: '1.3.0',\n})\n",
                           "cat > pins <<EOF\n  EOF\nVERSION=1.3.0\nEOF\n",
                           "x=$((1 << 2)); cat <<EOF\nVERSION=1.3.0\nEOF\n",
                           "project(zlib\n  VERSION 1.3.0)\n",
                           "project(\n  'zlib',\n  version : '1.3.0',\n)\n",
                           "setup(name='zlib',\n  version='1.3.0')\n"}) {
    CAPTURE(text);
    CHECK_FALSE(is_version("a", text));
  }
  CHECK_FALSE(is_version("a.js", "#deps = {\n  version: '1.3.0',\n}\n"));
}

TEST_CASE("stamp places: a text of any size and shape is no trouble", "[provenance][stamps][hostile]") {
  CHECK_FALSE(is_version("a", std::string(5 << 20, '\n') + "version = '1.3.0'\n"));
  CHECK_FALSE(is_version("a", std::string(100'000, '(') + "\nversion = '1.3.0'\n"));
  CHECK_FALSE(is_version("a", "<<\n\\\nversion = '1.3.0'\n"));
  CHECK(is_version("a", ")]}\n'\n\"\nversion = '1.3.0'\n"));
}
