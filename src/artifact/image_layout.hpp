// Container images: an OCI image layout (image-spec, "OCI Image Layout") or what docker save writes. Blobs are named by
// their digests, so a blob that differs has another name; its place in the manifest says what it stands for.
#pragma once
#include <vector>

#include "artifact/members.hpp"

namespace assay::artifact {

/// Give the blobs their roles ("config", "layer 2"); nothing happens to members that are no image.
void assign_image_roles(std::vector<Member>& members);

}  // namespace assay::artifact
