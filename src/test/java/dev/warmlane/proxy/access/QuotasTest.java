package dev.warmlane.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotasTest {
    private static final Identity LIMITED = identity("limited", new Allowance(Set.of(), 2, 6000, 0));

    private final AtomicLong nanos = new AtomicLong();
    private final List<String> taken = new ArrayList<>();
    private final Quotas quotas = new Quotas(nanos::get, (name, tokens) -> taken.add(name + " " + tokens), null);

    @Test
    void countsRequestsOfEachClient() {
        assertThat(quotas.countRequest(LIMITED)).isZero();
        assertThat(quotas.countRequest(LIMITED)).isZero();
        assertThat(quotas.countRequest(LIMITED)).isEqualTo(Duration.ofSeconds(30));
        assertThat(quotas.countRequest(identity("other", LIMITED.allowance()))).isZero();
        nanos.addAndGet(Duration.ofSeconds(30).toNanos());
        assertThat(quotas.countRequest(LIMITED)).isZero();
    }

    @Test
    void aClientWithoutLimitsIsNeverHeldUp() {
        Identity unlimited = identity("unlimited", Allowance.UNLIMITED);
        for (int i = 0; i < 1000; i++) {
            assertThat(quotas.countRequest(unlimited)).isZero();
            assertThat(quotas.charge(unlimited).reserve(1 << 30, 0)).isZero();
        }
    }

    @Test
    void whatTheEngineReportsTakesThePlaceOfTheEstimate() {
        TokenCharge charge = quotas.charge(LIMITED);
        assertThat(charge.reserve(5000, 0)).isZero();
        charge.responded(400);
        charge.used(1000);
        charge.close(false);
        assertThat(taken).containsExactly("limited 1000");
        assertThat(quotas.charge(LIMITED).reserve(5000, 0)).isZero();
        assertThat(quotas.charge(LIMITED).reserve(100, 0))
                .isEqualTo(Duration.ofSeconds(1).toNanos());
    }

    @Test
    void moreThanTheEstimateIsOwed() {
        TokenCharge charge = quotas.charge(LIMITED);
        charge.reserve(10, 0);
        charge.used(12_000);
        charge.close(false);
        assertThat(quotas.charge(LIMITED).reserve(100, 0))
                .isEqualTo(Duration.ofSeconds(61).toNanos());
    }

    @Test
    void aRequestThatNobodyServedCostsNothing() {
        TokenCharge charge = quotas.charge(LIMITED);
        charge.reserve(6000, 0);
        charge.close(false);
        assertThat(taken).isEmpty();
        assertThat(quotas.charge(LIMITED).reserve(6000, 0)).isZero();
    }

    @Test
    void aClientThatLeavesPaysForItsPrompt() {
        TokenCharge charge = quotas.charge(LIMITED);
        charge.reserve(4000, 0);
        charge.close(true);
        assertThat(taken).containsExactly("limited 4000");
    }

    @Test
    void anAnswerWithoutUsageCostsWhatItsBytesComeTo() {
        TokenCharge charge = quotas.charge(LIMITED);
        charge.reserve(100, 0);
        charge.responded(20_000);
        charge.responded(20_000);
        charge.close(true);
        assertThat(taken).containsExactly("limited 300");
    }

    @Test
    void whatMayBeGeneratedIsReservedUntilItIsKnown() {
        TokenCharge first = quotas.charge(LIMITED);
        assertThat(first.reserve(1000, 4000)).isZero();
        assertThat(quotas.charge(LIMITED).reserve(1000, 4000))
                .isEqualTo(Duration.ofSeconds(40).toNanos());
        first.responded(20_000);
        first.close(true);
        assertThat(taken).containsExactly("limited 1100");
        assertThat(quotas.charge(LIMITED).reserve(900, 4000)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"500, 2000, 600", "500, 200000, 600", "0, 2000, 110", "500, 0, 0"})
    void aBodyThatReportsNothingCountsAsTextUpToTheMostThatWasAskedFor(long most, int bytes, int tokens) {
        TokenCharge charge = quotas.charge(LIMITED);
        charge.reserve(100, most);
        charge.respondedBody(bytes);
        charge.close(false);
        assertThat(taken).isEqualTo(tokens == 0 ? List.of() : List.of("limited " + tokens));
    }

    @Test
    void whatIsUsedCountsHoweverMuchMayBeGenerated() {
        TokenCharge charge = quotas.charge(LIMITED);
        assertThat(charge.reserve(10, 1_000_000)).isZero();
        charge.used(6000);
        charge.close(false);
        assertThat(quotas.charge(LIMITED).reserve(100, 0))
                .isEqualTo(Duration.ofSeconds(1).toNanos());
    }

    @Test
    void onlyTheFirstEndCounts() {
        TokenCharge charge = quotas.charge(LIMITED);
        charge.reserve(100, 0);
        charge.used(200);
        charge.close(false);
        charge.close(true);
        assertThat(taken).containsExactly("limited 200");
    }

    @Test
    void aNewAllowanceStartsAFullMinute() {
        quotas.charge(LIMITED).reserve(6000, 0);
        Identity raised = identity("limited", new Allowance(Set.of(), 2, 12_000, 0));
        assertThat(quotas.charge(raised).reserve(12_000, 0)).isZero();
    }

    @Test
    void whoChangesBetweenTwoAllowancesGetsNoNewMinuteEachTime() {
        Identity other = identity("limited", new Allowance(Set.of(), 3, 7000, 0));
        int granted = 0;
        long tokens = 0;
        for (int i = 0; i < 100; i++) {
            for (Identity either : List.of(LIMITED, other)) {
                granted += quotas.countRequest(either).isZero() ? 1 : 0;
                tokens += quotas.charge(either).reserve(1000, 0) == 0 ? 1000 : 0;
            }
        }
        assertThat(granted).isLessThanOrEqualTo(2 + 3);
        assertThat(tokens).isLessThanOrEqualTo(6000 + 7000);
    }

    @Test
    void aLimitThatOneOfTwoTokensDoesNotHaveGoesOnForTheOther() {
        Identity byRequests = identity("limited", new Allowance(Set.of(), 3, 0, 0));
        Identity byTokens = identity("limited", new Allowance(Set.of(), 0, 7000, 0));
        int granted = 0;
        long tokens = 0;
        for (int i = 0; i < 100; i++) {
            for (Identity either : List.of(byRequests, byTokens)) {
                boolean limited = either == byRequests;
                granted += quotas.countRequest(either).isZero() && limited ? 1 : 0;
                tokens += quotas.charge(either).reserve(1000, 0) == 0 && !limited ? 1000 : 0;
            }
        }
        assertThat(granted).isEqualTo(3);
        assertThat(tokens).isEqualTo(7000);
    }

    @Test
    void whatAnEngineReportsCountsWhileTheOtherTokenIsUsed() {
        Identity byRequests = identity("limited", new Allowance(Set.of(), 3, 0, 0));
        Identity byTokens = identity("limited", new Allowance(Set.of(), 0, 6000, 0));
        TokenCharge charge = quotas.charge(byTokens);
        charge.reserve(5000, 0);
        quotas.countRequest(byRequests);
        charge.used(1000);
        charge.close(false);
        assertThat(quotas.charge(byTokens).reserve(5000, 0)).isZero();
        assertThat(quotas.charge(byTokens).reserve(100, 0)).isPositive();
    }

    @Test
    void whatWasReservedComesBackUnderOtherLimits() {
        Identity other = identity("limited", new Allowance(Set.of(), 2, 7000, 0));
        quotas.charge(LIMITED).close(false);
        quotas.charge(other).close(false);
        TokenCharge charge = quotas.charge(other);
        assertThat(charge.reserve(5000, 0)).isZero();
        assertThat(quotas.charge(LIMITED).reserve(6000, 0)).isPositive();
        charge.used(0);
        charge.close(false);
        assertThat(quotas.charge(LIMITED).reserve(6000, 0)).isZero();
    }

    private static Identity identity(String name, Allowance allowance) {
        return new Identity(name, "key:" + name, "key:" + name, allowance);
    }
}
