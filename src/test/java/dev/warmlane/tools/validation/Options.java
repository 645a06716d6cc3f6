package dev.warmlane.tools.validation;

import picocli.CommandLine;

/** Reads options as the command does. */
final class Options {
    private Options() {}

    static Talk talk(String options) {
        return CommandLine.populateCommand(new Talk(), options.split(" ")).checked();
    }

    static Targets targets(String options) {
        return CommandLine.populateCommand(new Targets(), options.split(" ")).checked();
    }
}
