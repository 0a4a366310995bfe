#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/on_demand.hpp"
#include "cli/application.hpp"

int main(int argc, char** argv) {
  // A closed pipe (`assay … | head`) is an error of write(2), not a reason to die without a word.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  try {
    return assay::cli::run({argv + 1, argv + argc}, std::cout, std::cerr);
  } catch (const std::bad_alloc&) {
    std::cerr << "assay: out of memory\n  lower --memory, or give the process more\n";
  } catch (const assay::MissingLibrary& missing) {
    std::cerr << "assay: " << missing.what() << "\n  install the library that assay was built with\n";
  } catch (const std::exception& bug) {
    std::cerr << "assay: internal error: " << bug.what()
              << "\n  this is a bug in assay; please report it with the input\n";
  }
  return 2;
}
