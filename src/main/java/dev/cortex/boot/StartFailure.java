package dev.cortex.boot;

/** Why a server did not start: the word in {@code CORTEX_ERROR} and the exit code of the process. */
public enum StartFailure {
  /** The port is taken by another program. */
  PORT_IN_USE("port_in_use", 69),
  /** The database server cannot be reached, or does not let this server in. */
  STORE_UNREACHABLE("store_unreachable", 69),
  /** Something that should not happen. */
  INTERNAL("internal", 70),
  /** The data directory cannot be made or written: wrong kind of file, disk full. */
  CANNOT_CREATE_DATA("cannot_create_data", 73),
  /** The database is damaged or no database. */
  CORRUPT_DATABASE("corrupt_database", 74),
  /** The database is sound, but not one this program may use: of a newer version, or changed by something else. */
  INCOMPATIBLE_DATABASE("incompatible_database", 74),
  /** Another server owns the data directory. */
  ALREADY_RUNNING("already_running", 75),
  /** The operating system forbids it. */
  PERMISSION("permission", 77),
  /** The configuration is wrong. */
  BAD_CONFIG("bad_config", 78),
  /** The members of the cluster place orgs otherwise, or write their messages otherwise. */
  INCOMPATIBLE_CLUSTER("incompatible_cluster", 78);

  private final String code;
  private final int exitCode;

  StartFailure(String code, int exitCode) {
    this.code = code;
    this.exitCode = exitCode;
  }

  /** The word a launcher acts on. */
  public String code() {
    return code;
  }

  /** Exit code of the process, as in {@code sysexits.h}. */
  public int exitCode() {
    return exitCode;
  }
}
