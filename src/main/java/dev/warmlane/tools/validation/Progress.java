package dev.warmlane.tools.validation;

import java.io.PrintStream;
import java.util.Locale;

/** Tells how far a run is: on a terminal in one line that changes, elsewhere with a line for each tenth. Thread-safe. */
final class Progress {
    private static final String TO_LINE_START = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private int told;

    Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Something begins that takes a while. */
    synchronized void phase(String name) {
        told = 0;
        out.print((terminal ? TO_LINE_START : "") + name + (terminal ? "" : "\n"));
        out.flush();
    }

    synchronized void requests(int done, int failed, int all) {
        int tenths = 10 * done / all;
        if (terminal || tenths > told) {
            told = tenths;
            String line = String.format(Locale.ROOT, "%d of %d requests, %d failed", done, all, failed);
            out.print(terminal ? TO_LINE_START + line : line + "\n");
            out.flush();
        }
    }

    /** Leaves a terminal's line as if nothing had been there. */
    synchronized void done() {
        if (terminal) {
            out.print(TO_LINE_START);
            out.flush();
        }
    }
}
