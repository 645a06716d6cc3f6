package dev.warmlane.proxy.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.error.ApiException;
import org.junit.jupiter.api.Test;

class BufferedBodyTest {
    private static final int LIMIT = 1000;

    private final BodyBudget budget = new BodyBudget(LIMIT);

    @Test
    void holdsTheBudgetForACopyAsLongAsBothAreThere() {
        BufferedBody body = body(400);
        body.rewrite(bytes -> {
            assertThat(budget.reserved()).isEqualTo(800);
            return new byte[450];
        });
        assertThat(budget.reserved()).isEqualTo(450);
        body.release();
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void refusesACopyThatOthersLeaveNoRoomFor() {
        BufferedBody other = body(300);
        BufferedBody body = body(400);
        assertThatThrownBy(() -> body.rewrite(bytes -> bytes)).isInstanceOf(ApiException.class);
        assertThat(budget.reserved()).isEqualTo(700);
        other.release();
        body.rewrite(bytes -> bytes);
        assertThat(budget.reserved()).isEqualTo(400);
    }

    @Test
    void copiesTheLargestBodyIfItIsAlone() {
        body(LIMIT).rewrite(byte[]::clone);
        assertThat(budget.reserved()).isEqualTo(LIMIT);
    }

    @Test
    void givesTheCopysPartBackWhateverBecomesOfIt() {
        BufferedBody body = body(400);
        assertThatThrownBy(() -> body.rewrite(bytes -> {
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(budget.reserved()).isEqualTo(400);
        body.rewrite(bytes -> {
            body.release();
            return bytes;
        });
        assertThat(budget.reserved()).isZero();
        assertThat(body.bytes()).isEmpty();
    }

    @Test
    void makesRoomForAllThatIsAnnouncedOnceAnEighthHasCome() {
        BodyBudget large = new BodyBudget(1_000_000);
        BufferedBody body = new BufferedBody(large, 1_000_000, 800_000);
        byte[] piece = new byte[50_000];
        body.append(piece, 50_000);
        assertThat(large.reserved()).isEqualTo(100_000);
        body.append(piece, 50_000);
        body.append(piece, 1);
        assertThat(large.reserved()).isEqualTo(800_000);
    }

    private BufferedBody body(int bytes) {
        BufferedBody body = new BufferedBody(budget, LIMIT, bytes);
        body.append(new byte[bytes], bytes);
        return body;
    }
}
