// Container images: an OCI image layout (image-spec, "OCI Image Layout") or what docker save writes. Blobs are named by
// their digests, so a blob that differs has another name; its place in the manifest says what it stands for.
#pragma once
#include <string>
#include <vector>

#include "artifact/members.hpp"
#include "artifact/session.hpp"

namespace assay::artifact {

/// Give the blobs of both images their roles ("config", "layer 2"); nothing happens to members that are no image. `container`
/// is the path of what holds them: the ids that docker gave to layers in former times follow from it where they are what they
/// have to be, and `session` is told so.
void assign_image_roles(Session& session, const std::string& container, std::vector<Member>& a, std::vector<Member>& b);

}  // namespace assay::artifact
