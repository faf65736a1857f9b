package dev.cortex.config;

import java.util.List;
import java.util.function.Supplier;

/**
 * A configuration that passed every check.
 *
 * @param config the values
 * @param warnings what the user should know although it stops nothing; one line each
 * @param yaml the same as YAML text with secrets masked and, beside every value that is not the default, its origin
 */
public record EffectiveConfig(CortexConfig config, List<String> warnings, Supplier<String> yaml) {}
