package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;

class KnownProfilesTest {
    @TempDir
    private Path directory;

    private ConfigurableApplicationContext start(String... settings) {
        SpringApplication application = new SpringApplication(KnownProfilesTest.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("--spring.config.additional-location=" + directory + "/");
        return application.run(all.toArray(new String[0]));
    }

    @Test
    void refusesAProfileThatNothingIsConfiguredFor() {
        assertThatThrownBy(() -> start("--spring.profiles.active=kubernets"))
                .hasMessage(
                        "spring.profiles.active: kubernets (expected: a profile with a file application-kubernets.yaml,"
                                + " such as demo or kubernetes)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kubernetes", "demo,quiet", "ours", "part", "both"})
    void takesThoseWithAFileAPartOfAFileOrAGroup(String profiles) throws IOException {
        Files.writeString(directory.resolve("application-ours.yaml"), "warmlane.routing.policy: sticky\n");
        Files.writeString(
                directory.resolve("application.yaml"),
                "spring.profiles.group.both: ours,part\n---\nspring.config.activate.on-profile: part\n");
        try (ConfigurableApplicationContext context = start("--spring.profiles.active=" + profiles)) {
            assertThat(context.isRunning()).isTrue();
        }
    }
}
