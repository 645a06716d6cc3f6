/**
 * What no integration test must do, whatever it is about: block an event loop or leak a buffer. {@link
 * dev.warmlane.watch.EventLoopWatch} watches every class whose name ends in IT, by itself, and fails it. And how patient all tests are: {@link
 * dev.warmlane.watch.Patience}.
 */
@NullMarked
package dev.warmlane.watch;

import org.jspecify.annotations.NullMarked;
