/**
 * Which pool serves which models, from what the engines list and the settings say.
 */
@NullMarked
package dev.warmlane.engines.models;

import org.jspecify.annotations.NullMarked;
