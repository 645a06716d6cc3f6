/**
 * What no integration test must do, whatever it is about: block an event loop or leak a buffer. {@link
 * dev.warmlane.harness.watch.EventLoopWatch} watches every class whose name ends in IT, by itself, and fails it. And how patient all tests are: {@link
 * dev.warmlane.harness.watch.Patience}.
 */
@NullMarked
package dev.warmlane.harness.watch;

import org.jspecify.annotations.NullMarked;
