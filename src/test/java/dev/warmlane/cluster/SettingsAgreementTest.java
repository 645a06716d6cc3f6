package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.SettingsAgreement.Difference;
import dev.warmlane.harness.CapturedLog;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SettingsAgreementTest {
    private static final Member SELF = new Member("1", "gw-a", "0.2.0");
    private static final Member B = new Member("2", "gw-b", "0.2.0");
    private static final Member C = new Member("3", "gw-c", "0.2.0");
    private static final Member LATER = new Member("4", "gw-d", "0.3.0");
    private static final Map<String, Long> OWN = Map.of("affinity", 1L, "limits", 2L, "routing", 3L);

    @RegisterExtension
    final CapturedLog log = new CapturedLog(SettingsAgreement.class);

    private Instant now = Instant.EPOCH;
    private final SettingsAgreement agreement = new SettingsAgreement(() -> now);
    private final Map<String, Map<String, Long>> told = new HashMap<>();

    @Test
    void whoHasTheSameSettingsOrTellsNoneAgrees() {
        told.put(B.id(), OWN);
        check(SELF, B, C);
        assertThat(agreement.differences()).isEmpty();
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void whoDiffersIsNamedOnceWithTheGroupsThatDifferAndOnceWhenAllAgree() {
        told.put(B.id(), Map.of("affinity", 9L, "limits", 2L, "routing", 9L));
        check(SELF, B);
        now = now.plusSeconds(60);
        check(SELF, B);
        assertThat(agreement.differences())
                .isEqualTo(Map.of(B.id(), new Difference(List.of("affinity", "routing"), Instant.EPOCH)));

        told.put(B.id(), OWN);
        check(SELF, B);
        check(SELF, B);
        assertThat(agreement.differences()).isEmpty();
        assertThat(log.lines())
                .containsExactly(
                        "cluster: settings of gw-b differ from those of this replica: affinity, routing; if that lasts,"
                                + " see WarmlaneReplicasDiffer in docs/runbook.md",
                        "cluster: the settings of all replicas agree again");
        assertThat(log.events()).extracting(ILoggingEvent::getLevel).containsOnly(Level.INFO);
    }

    @Test
    void aRolloutOfNewSettingsIsOneLineHoweverManyReplicasThereAre() {
        told.put(B.id(), Map.of("affinity", 9L, "limits", 2L, "routing", 3L));
        check(SELF, B, C);
        told.put(C.id(), Map.of("affinity", 9L, "limits", 2L, "routing", 3L));
        check(SELF, B, C);
        check(SELF, C);
        assertThat(agreement.differences()).containsOnlyKeys(C.id());
        assertThat(log.lines()).hasSize(1);
        check(SELF);
        assertThat(log.lines()).hasSize(2).last().asString().endsWith("agree again");
    }

    @Test
    void aGroupThatOneOfThemDoesNotHaveDiffers() {
        told.put(B.id(), Map.of("affinity", 1L, "limits", 2L, "retry", 3L));
        check(SELF, B);
        assertThat(agreement.differences().get(B.id()).groups()).containsExactly("retry", "routing");
    }

    @Test
    void aReplicaOfAnotherVersionIsNotCompared() {
        told.put(LATER.id(), Map.of("affinity", 9L));
        check(SELF, LATER);
        assertThat(agreement.differences()).isEmpty();
    }

    private void check(Member... members) {
        agreement.check(SELF, List.of(members), OWN, told);
    }
}
