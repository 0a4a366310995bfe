// Owners of what C libraries hand out.
#pragma once
#include <memory>

namespace assay {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

/// `Handle<X509, X509_free>` owns an X509, or nothing.
template <typename T, auto Free>
using Handle = std::unique_ptr<T, FreeWith<Free>>;

}  // namespace assay
