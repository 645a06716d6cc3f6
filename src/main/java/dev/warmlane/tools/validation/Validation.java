package dev.warmlane.tools.validation;

import dev.warmlane.core.log.Counted;
import dev.warmlane.tools.validation.Conversations.WarmUp;
import dev.warmlane.tools.validation.Management.CannotRunException;
import dev.warmlane.tools.validation.Management.PoolReading;
import dev.warmlane.tools.validation.Targets.Setup;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One validation of one gateway: checks the setup, warms up, talks, and compares counters. For one thread.
 *
 * @param aloneOnly whether other traffic makes the result meaningless
 * @param run a name that no other run has
 */
record Validation(
        Management management,
        Chat chat,
        Talk talk,
        Targets targets,
        boolean aloneOnly,
        String run,
        Progress progress) {

    /**
     * Runs it.
     *
     * @param wantedModel null: the first that the only pool serves
     * @throws CannotRunException if there is nothing to measure
     */
    Report run(@Nullable String wantedModel) throws InterruptedException {
        progress.phase("checking the setup");
        PoolReading earlier = PoolReading.choose(management.read(), wantedModel);
        String model = earlier.model(wantedModel);
        PoolReading pool = management.settled(earlier.name());
        List<String> findings = Setup.findings(talk, targets, earlier, pool, aloneOnly);
        if (!findings.isEmpty()) {
            return meaningless(pool, model, findings);
        }
        Conversations conversations = new Conversations(chat, model, talk);
        String system = Talk.text(talk.systemTokens, run);
        progress.phase("warming up " + Counted.of(pool.selectable(), "pod"));
        WarmUp warmUp = new WarmUp(conversations, talk, run);
        warmUp.warm(pool.selectable(), system);
        if (warmUp.reached().isEmpty()) {
            return meaningless(
                    pool,
                    model,
                    List.of("responses do not name their endpoint (expected: warmlane.response-headers=true)"));
        }
        PoolReading before = management.settled(pool.name());
        List<String> sessions = IntStream.rangeClosed(1, talk.sessions)
                .mapToObj(number -> "validate-%s-session-%d".formatted(run, number))
                .toList();
        Summary summary = new Summary(conversations.hold(sessions, session -> system, talk.turns, counting()));
        progress.phase("waiting for the pods' counters");
        Evaluation evaluation = new Evaluation(pool, before, management.settled(before.name()), summary);
        Report.Measures measures = evaluation.measures(talk, sessions);
        return new Report(
                before.name(),
                model,
                List.of(),
                evaluation.notes(warmUp.reached()),
                measures,
                targets.judge(measures),
                management.losses(before.name()));
    }

    private static Report meaningless(PoolReading pool, String model, List<String> findings) {
        return new Report(pool.name(), model, findings, List.of(), null, List.of(), null);
    }

    private Consumer<Chat.Response> counting() {
        AtomicInteger done = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        progress.phase("%s of %s".formatted(Counted.of(talk.sessions, "session"), Counted.of(talk.turns, "turn")));
        return response -> progress.requests(
                done.incrementAndGet(),
                response.failure() == null ? failed.get() : failed.incrementAndGet(),
                talk.requests());
    }

    /** Tells how far a run is: on a terminal in one line that changes, elsewhere with a line for each tenth. Thread-safe. */
    static final class Progress {
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
}
