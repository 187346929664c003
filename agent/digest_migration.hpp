// Recomputes digests stored by an older program that did not distinguish templates
// (docs/contract.md 5.6), at the first start of a newer agent.
#pragma once

#include "agent/apply/journal_codec.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// Renames the kept contents and updates the book's entries, where the content is still available.
/// Other entries keep their digest and no longer match any dispatched content. Does nothing once
/// the book is marked as migrated. Can be interrupted at any point: the next start repeats it.
Result<void> migrate_digests(Files& files, apply::Book& book);

}  // namespace edgeroll::agent
