package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Collections;
import org.junit.jupiter.api.RepeatedTest;

/** Asked for the first time and asked again. */
class RememberedClassPathTest {
    private static final String HELD_BY_MANY = "META-INF/spring.factories";

    private final ClassLoader classPath = RememberedClassPathTest.class.getClassLoader();
    private final ClassLoader remembered = RememberedClassPath.INSTANCE;

    @RepeatedTest(2)
    void findsWhatTheClassPathHolds() throws IOException, ClassNotFoundException {
        assertThat(remembered.getResource(HELD_BY_MANY)).isEqualTo(classPath.getResource(HELD_BY_MANY));
        assertThat(Collections.list(remembered.getResources(HELD_BY_MANY)))
                .isEqualTo(Collections.list(classPath.getResources(HELD_BY_MANY)))
                .hasSizeGreaterThan(1);
        assertThat(Class.forName(RunningGateway.class.getName(), false, remembered))
                .isSameAs(RunningGateway.class);
    }

    @RepeatedTest(2)
    void findsNothingElse() throws IOException {
        assertThat(remembered.getResource("nowhere")).isNull();
        assertThat(Collections.list(remembered.getResources("nowhere"))).isEmpty();
        assertThatThrownBy(() -> Class.forName("no.Such", false, remembered))
                .isInstanceOf(ClassNotFoundException.class);
    }
}
