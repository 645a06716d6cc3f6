/** Which beginnings of prompts an empty cache should hold before its first request. */
@NullMarked
package dev.warmlane.core.prefix.warming;

import org.jspecify.annotations.NullMarked;
