/**
 * What the commands beside the gateway share: {@code simulate}, {@code replay} with {@code advise}, and {@code validate} each
 * have a room of their own.
 */
@NullMarked
package dev.warmlane.tools;

import org.jspecify.annotations.NullMarked;
