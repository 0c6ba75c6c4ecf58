#pragma once

#include <string>

#include "background.h"

/* Names of namespaces: entries of a directory such as /run/netns, each a file with the namespace mounted on it. See lib/native.ts. */
namespace netlane {

/** Gives the namespace a name, and makes the directory if it is missing; or leaves nothing of the attempt. */
void bindName(const std::string& directory, const std::string& name, int namespaceFd, const Cancelled& cancelled);

/** Takes all that is mounted on the name away, and then the file. */
void unbindName(const std::string& directory, const std::string& name, const Cancelled& cancelled);

}  // namespace netlane
