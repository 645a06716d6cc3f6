package dev.warmlane.validation;

import dev.warmlane.validation.report.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One validation of one gateway: checks the setup, warms up, talks, and compares counters. For one thread. */
final class Validation {
    /** Tokens that pods looked up, over those of the answers, past which somebody else must have asked. */
    private static final double OTHERS = 1.02;

    private final Management management;
    private final Chat chat;
    private final Talk talk;
    private final Targets targets;
    private final boolean aloneOnly;
    private final String run;
    private final Progress progress;

    /**
     * @param aloneOnly whether other traffic makes the result meaningless
     * @param run a name that no other run has
     */
    Validation(
            Management management,
            Chat chat,
            Talk talk,
            Targets targets,
            boolean aloneOnly,
            String run,
            Progress progress) {
        this.management = management;
        this.chat = chat;
        this.talk = talk;
        this.targets = targets;
        this.aloneOnly = aloneOnly;
        this.run = run;
        this.progress = progress;
    }

    /**
     * Runs it.
     *
     * @param wantedModel null: the first that the only pool serves
     * @throws CannotRunException if there is nothing to measure
     */
    Report run(@Nullable String wantedModel) throws InterruptedException {
        progress.phase("checking the setup");
        PoolReading earlier = Choice.pool(management.read(), wantedModel);
        String model = Choice.model(earlier, wantedModel);
        PoolReading pool = management.settled(earlier.name());
        List<String> findings = Setup.findings(talk, targets, earlier, pool, aloneOnly);
        if (findings.isEmpty()) {
            Conversations conversations = new Conversations(chat, talk, run);
            warmUp(conversations, model, pool.selectable(), findings);
            if (findings.isEmpty()) {
                return measured(conversations, model, management.settled(pool.name()));
            }
        }
        return new Report(pool.name(), model, findings, List.of(), null, List.of());
    }

    /** As many conversations of one turn as there are pods, so that each may have the system prompt. */
    private void warmUp(Conversations conversations, String model, int pods, List<String> findings)
            throws InterruptedException {
        progress.phase("warming up: %d requests".formatted(pods));
        List<Answer> answers = conversations.hold(model, sessions("warm-up", pods), 1, answer -> {}).stream()
                .flatMap(List::stream)
                .toList();
        List<String> failures =
                answers.stream().map(Answer::failure).filter(Objects::nonNull).toList();
        if (failures.size() == answers.size()) {
            throw new CannotRunException("gateway: every request failed, the first with: %s (expected: an answer)"
                    .formatted(failures.get(0)));
        }
        if (answers.stream().allMatch(answer -> answer.endpoint() == null)) {
            findings.add("answers do not name their endpoint (expected: warmlane.response-headers=true)");
        }
    }

    private Report measured(Conversations conversations, String model, PoolReading before) throws InterruptedException {
        List<String> sessions = sessions("session", talk.sessions());
        Summary summary = new Summary(conversations.hold(model, sessions, talk.turns(), counting()));
        progress.phase("waiting for the pods' counters");
        PoolReading after = management.settled(before.name());
        Counted counted = Counted.between(before, after, summary.requestsByPod());
        Report.Measures measures =
                summary.measures(talk, before.blockSizeTokens(), before.selectable(), counted, sessions);
        List<String> notes = new ArrayList<>(counted.notes());
        summary.failures().forEach((reason, count) -> notes.add("failed requests: %d x %s".formatted(count, reason)));
        if (counted.total().queriedTokens() > OTHERS * summary.promptTokens()) {
            notes.add("other traffic: pods looked up %d tokens, the answers account for %d"
                    .formatted(counted.total().queriedTokens(), summary.promptTokens()));
        }
        return new Report(before.name(), model, List.of(), notes, measures, targets.judge(measures));
    }

    private Consumer<Answer> counting() {
        AtomicInteger done = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        progress.phase("%d sessions of %d turns".formatted(talk.sessions(), talk.turns()));
        return answer -> progress.requests(
                done.incrementAndGet(),
                answer.failure() == null ? failed.get() : failed.incrementAndGet(),
                talk.requests());
    }

    private List<String> sessions(String kind, int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(number -> "validate-%s-%s-%d".formatted(run, kind, number))
                .toList();
    }
}
