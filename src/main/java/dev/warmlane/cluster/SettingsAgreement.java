package dev.warmlane.cluster;

import dev.warmlane.cluster.ClusterTransport.Member;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which replicas have other settings than this one. Replicas of another version are not compared: theirs have other names and
 * defaults, and a rollout is soon over. A log line when the groups that differ become others, and one when none does any more; it is
 * no warning, because every rollout of new settings passes through it. {@link #check} is for one thread.
 */
public final class SettingsAgreement {
    private static final Logger log = LoggerFactory.getLogger(SettingsAgreement.class);
    private static final int NAMED = 3;

    private final InstantSource clock;
    private volatile Map<String, Difference> differences = Map.of();
    private Set<String> logged = Set.of();

    /** @param clock the time that people read */
    SettingsAgreement(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * How the settings of another replica differ.
     *
     * @param groups the names of the groups of settings that are not the same, in alphabetical order; never empty
     * @param since when it was seen first
     */
    public record Difference(List<String> groups, Instant since) {
        public Difference {
            groups = List.copyOf(groups);
        }
    }

    /** The replicas that differ, by their ids. From any thread. */
    Map<String, Difference> differences() {
        return differences;
    }

    /**
     * Compares what the replicas tell of their settings.
     *
     * @param own digests by the names of groups
     * @param told those of other replicas by their ids; one that tells nothing is taken to agree
     */
    void check(Member self, List<Member> members, Map<String, Long> own, Map<String, Map<String, Long>> told) {
        Map<String, Difference> before = differences;
        Map<String, Difference> now = new HashMap<>();
        List<String> names = new ArrayList<>();
        Set<String> groups = new TreeSet<>();
        for (Member member : members) {
            Map<String, Long> theirs = told.get(member.id());
            if (theirs != null && member.version().equals(self.version())) {
                List<String> differing = differing(own, theirs);
                if (!differing.isEmpty()) {
                    now.put(member.id(), new Difference(differing, since(before.get(member.id()))));
                    names.add(member.name());
                    groups.addAll(differing);
                }
            }
        }
        differences = Map.copyOf(now);
        if (!groups.equals(logged)) {
            logged = Set.copyOf(groups);
            tell(names, groups);
        }
    }

    private Instant since(@Nullable Difference before) {
        return before == null ? clock.instant() : before.since();
    }

    private static List<String> differing(Map<String, Long> own, Map<String, Long> theirs) {
        Set<String> groups = new TreeSet<>(own.keySet());
        groups.addAll(theirs.keySet());
        return groups.stream()
                .filter(group -> !Objects.equals(own.get(group), theirs.get(group)))
                .toList();
    }

    private static void tell(List<String> names, Set<String> groups) {
        if (groups.isEmpty()) {
            log.info("cluster: the settings of all replicas agree again");
            return;
        }
        String some = String.join(", ", names.subList(0, Math.min(NAMED, names.size())));
        log.info(
                "cluster: settings of {}{} differ from those of this replica: {}; if that lasts, see"
                        + " WarmlaneReplicasDiffer in docs/runbook.md",
                some,
                names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "",
                String.join(", ", groups));
    }
}
