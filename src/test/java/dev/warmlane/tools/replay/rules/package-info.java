/** Routing rules that are known to fail under some load, each as small as the rule itself. The product does not ship them. */
@NullMarked
package dev.warmlane.tools.replay.rules;

import org.jspecify.annotations.NullMarked;
