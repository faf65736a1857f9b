package dev.cortex.base;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a class whose results follow from its arguments and fields alone: it touches no Vert.x type, clock, chance,
 * file, socket or SQL, so a test can drive it through any history in microseconds. An architecture test holds it to
 * that.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.CLASS)
public @interface Pure {}
