package dev.warmlane.tools.replay;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.DoubleConsumer;

/** Shows on a terminal how far a run is; says nothing where there is no terminal. */
final class Progress implements DoubleConsumer {
    private static final String TO_LINE_START = "\r";
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private final String label;
    private int percent = -1;

    Progress(PrintStream out, boolean terminal, String label) {
        this.out = out;
        this.terminal = terminal;
        this.label = label;
    }

    @Override
    public void accept(double share) {
        int now = (int) (100 * share);
        if (terminal && now != percent) {
            percent = now;
            out.print(TO_LINE_START + String.format(Locale.ROOT, "%s: %d %%", label, now));
            out.flush();
        }
    }

    /** Leaves the line as if nothing had been there. */
    void done() {
        if (terminal) {
            out.print(CLEAR_LINE);
            out.flush();
        }
    }
}
