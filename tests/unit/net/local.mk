# core/net alone: no plugin, no façade. stub.c is the protocol that is served.
NET_TESTS = tests/unit/net/connect tests/unit/net/connect-rooms tests/unit/net/connect-tls tests/unit/net/proxy \
  tests/unit/net/session tests/unit/net/tls tests/unit/net/idle-memory
check_PROGRAMS += $(NET_TESTS)
TAP_TESTS += $(NET_TESTS)
tests_unit_net_connect_SOURCES = tests/unit/net/connect.c tests/unit/net/connect-scene.c \
  tests/unit/net/connect-scene.h
tests_unit_net_connect_tls_SOURCES = tests/unit/net/connect-tls.c tests/unit/net/connect-scene.c \
  tests/unit/net/connect-scene.h tests/unit/net/tls-scene.c tests/unit/net/tls-scene.h tests/unit/net/stub.c \
  tests/unit/net/stub.h
tests_unit_net_connect_tls_LDADD = $(TEST_LIBS)
tests_unit_net_connect_tls_DEPENDENCIES = $(TEST_DEPS)
tests_unit_net_connect_LDADD = $(TEST_LIBS)
tests_unit_net_connect_DEPENDENCIES = $(TEST_DEPS)
tests_unit_net_connect_rooms_SOURCES = tests/unit/net/connect-rooms.c tests/unit/net/connect-scene.c \
  tests/unit/net/connect-scene.h
tests_unit_net_connect_rooms_LDADD = $(TEST_LIBS)
tests_unit_net_connect_rooms_DEPENDENCIES = $(TEST_DEPS)
tests_unit_net_proxy_SOURCES = tests/unit/net/proxy.c
tests_unit_net_proxy_LDADD = $(TEST_LIBS)
tests_unit_net_proxy_DEPENDENCIES = $(TEST_DEPS)
tests_unit_net_session_SOURCES = tests/unit/net/session.c tests/unit/net/stub.c tests/unit/net/stub.h
tests_unit_net_session_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_net_session_LDADD = $(TEST_LIBS)
tests_unit_net_session_DEPENDENCIES = $(TEST_DEPS)
tests_unit_net_tls_SOURCES = tests/unit/net/tls.c tests/unit/net/tls-scene.c tests/unit/net/tls-scene.h \
  tests/unit/net/stub.c tests/unit/net/stub.h
tests_unit_net_tls_LDADD = $(TEST_LIBS)
tests_unit_net_tls_DEPENDENCIES = $(TEST_DEPS)
tests_unit_net_idle_memory_SOURCES = tests/unit/net/idle-memory.c tests/unit/net/stub.c tests/unit/net/stub.h
tests_unit_net_idle_memory_LDADD = $(TEST_LIBS)
tests_unit_net_idle_memory_DEPENDENCIES = $(TEST_DEPS)
