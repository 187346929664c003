// Why a release is impossible with its present rows (Snapshot::problems). The store reports errors
// in their text.
#pragma once

#include "release/step/step_draft.hpp"

namespace edgeroll::release {

/// Reports rows that cannot be carried out: a plan beside rows, a content of a row's own.
void watch_rows(Draft& draft);

/// Reports contents that changed since the start, and marks that stand for no content.
void watch_content(Draft& draft);

}  // namespace edgeroll::release
