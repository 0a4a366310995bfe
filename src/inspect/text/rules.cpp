#include "inspect/text/rules.hpp"

#include "inspect/text/analysis.hpp"

namespace assay::inspect {

const Rule k_bidirectional{"inspect-bidirectional-text",
                           Severity::medium,
                           "source is not read in the order in which it is compiled",
                           "A bidirectional control (U+202A to U+202E, U+2066 to U+2069) is still open where the line, "
                           "the comment or the string that it "
                           "stands in ends, so that what follows is shown in another order than the compiler sees it: "
                           "code looks like a comment, or a "
                           "comment like code. High where the line is not in version control. Controls that are closed "
                           "where they were opened, as "
                           "translations have them, are no finding.",
                           "Look at the bytes of the line; do not trust what an editor shows.",
                           "https://trojansource.codes/ (CVE-2021-42574)"};
const Rule k_invisible{"inspect-invisible-text",
                       Severity::low,
                       "invisible characters in code",
                       "A character that leaves no mark (zero-width spaces and joiners, variation selectors, tags, "
                       "fillers of Hangul, marks of direction) stands in code, outside comments and strings: two names "
                       "that look alike are different ones, or a name looks like a blank. In a string or comment "
                       "it takes sixteen of them in a row: text can be hidden in them. The mark at the beginning of a "
                       "file is none, nor is what belongs to an emoji. Medium where the line is not in version "
                       "control.",
                       "Take the character away and see whether anything changes.",
                       "https://trojansource.codes/ (CVE-2021-42694)"};
const Rule k_confusable{"inspect-confusable-name",
                        Severity::low,
                        "name that looks like another one",
                        "An identifier has letters of other scripts that look like Latin ones (Unicode Technical "
                        "Standard #39, skeletons), and the same "
                        "file has the name that it looks like; or it mixes Latin with letters that pass for it. Medium "
                        "where the line is not in version "
                        "control.",
                        "Find out which of the two is used where.",
                        "https://www.unicode.org/reports/tr39/ (CVE-2021-42694)"};

namespace {
const Rule k_rules[] = {k_bidirectional, k_invisible, k_confusable};
}  // namespace

std::span<const Rule> text_rules() noexcept {
  return k_rules;
}

}  // namespace assay::inspect
