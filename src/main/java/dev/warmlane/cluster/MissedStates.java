package dev.warmlane.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The members whose state has to be requested, because this replica missed part of what they told: until a whole state has come
 * that is newer than the last miss. Each is asked at most every 5 s, and less often each time that it fails. Safe for concurrent
 * use.
 */
final class MissedStates {
    private static final long BETWEEN_NANOS = Duration.ofSeconds(5).toNanos();

    /** After so many failures the pause grows no more: 160 s. */
    private static final int MOST_DOUBLINGS = 5;

    private final Map<String, Missed> byMember = new HashMap<>();

    private static final class Missed {
        private boolean wanted;
        private boolean asking;
        private boolean askedBefore;
        private long askedNanos;
        private int failures;

        private boolean isDue(long nowNanos) {
            return wanted
                    && !asking
                    && (!askedBefore || nowNanos - askedNanos >= BETWEEN_NANOS << Math.min(failures, MOST_DOUBLINGS));
        }
    }

    /** Something that this member told is missing. What a request brings that is under way may be from before. */
    synchronized void missed(String member) {
        byMember.computeIfAbsent(member, first -> new Missed()).wanted = true;
    }

    /** Those to be asked now; each is being asked until it has {@link #ended}. Forgets who is not there any more. */
    synchronized List<String> ask(Collection<String> members, long nowNanos) {
        byMember.keySet().retainAll(members);
        List<String> due = new ArrayList<>();
        byMember.forEach((member, missed) -> {
            if (missed.isDue(nowNanos)) {
                begin(missed, nowNanos);
                due.add(member);
            }
        });
        return due;
    }

    /** This member is being asked, whether something was missed or not. */
    synchronized void asking(String member, long nowNanos) {
        begin(byMember.computeIfAbsent(member, first -> new Missed()), nowNanos);
    }

    private static void begin(Missed missed, long nowNanos) {
        missed.wanted = false;
        missed.asking = true;
        missed.askedBefore = true;
        missed.askedNanos = nowNanos;
    }

    /** How asking this member has ended. */
    synchronized void ended(String member, boolean complete) {
        Missed missed = byMember.get(member);
        if (missed != null) {
            missed.asking = false;
            missed.wanted |= !complete;
            missed.failures = complete ? 0 : missed.failures + 1;
        }
    }
}
