package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {

    @Test
    void aFewRetriesAreAlwaysAllowed() {
        RetryBudget budget = budget(0.2, 3, 1);

        assertThat(acquired(budget, 10)).isEqualTo(3);
    }

    @Test
    void aFifthOfManyRequestsMayBeRetries() {
        RetryBudget budget = budget(0.2, 3, 104);

        assertThat(acquired(budget, 100)).isEqualTo(20);
    }

    @Test
    void shrinksWithTheRequestsThatEnd() {
        RetryBudget budget = budget(0.5, 0, 4);
        budget.requestEnded();
        budget.requestEnded();

        assertThat(acquired(budget, 4)).isEqualTo(1);
    }

    @Test
    void whatIsReleasedCanBeTakenAgain() {
        RetryBudget budget = budget(0, 1, 1);
        assertThat(budget.tryAcquire()).isTrue();
        assertThat(budget.tryAcquire()).isFalse();

        budget.release();

        assertThat(budget.tryAcquire()).isTrue();
    }

    @Test
    void nothingMeansNoRetries() {
        assertThat(budget(0, 0, 1000).tryAcquire()).isFalse();
    }

    @Test
    void manyThreadsTogetherGetNoMoreThanThereIs() throws Exception {
        RetryBudget budget = budget(0.1, 3, 1000);
        AtomicInteger acquired = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        for (int i = 0; i < 4; i++) {
            threads.execute(() -> acquired.addAndGet(acquired(budget, 1000)));
        }
        threads.shutdown();

        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(acquired.get()).isEqualTo(100);
    }

    private static RetryBudget budget(double share, int least, int requests) {
        RetryBudget budget = new RetryBudget(share, least);
        for (int i = 0; i < requests; i++) {
            budget.requestBegan();
        }
        return budget;
    }

    private static int acquired(RetryBudget budget, int attempts) {
        int acquired = 0;
        for (int i = 0; i < attempts; i++) {
            acquired += budget.tryAcquire() ? 1 : 0;
        }
        return acquired;
    }
}
