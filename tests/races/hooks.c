/* SPDX-License-Identifier: MIT */
/*
 * What code that was compiled with -fsanitize=thread calls: before each plain access, and instead of each atomic one.
 * The names and arguments are the compilers' (GCC's and Clang's are the same).
 */
#include "tests/races/races.h"

#define PLACE() ((uintptr_t)__builtin_return_address(0) - 1)

#define HOOK(type, name, ...) \
    type name(__VA_ARGS__);   \
    type name(__VA_ARGS__)

static bool looks_away;

void look_away(bool away)
{
    looks_away = away;
}

static bool is_watched(const volatile void *address)
{
    return !looks_away && player() < PLAYERS && !is_private((uintptr_t)address);
}

static void plain(const void *address, enum access access, uintptr_t place)
{
    if (!is_watched(address))
        return;
    come_to(place);
    memory_access((uintptr_t)address, access, place);
}

#define PLAIN(size)                                               \
    HOOK(void, __tsan_read##size, const void *address)            \
    {                                                             \
        plain(address, PLAIN_READ, PLACE());                      \
    }                                                             \
    HOOK(void, __tsan_write##size, const void *address)           \
    {                                                             \
        plain(address, PLAIN_WRITE, PLACE());                     \
    }                                                             \
    HOOK(void, __tsan_unaligned_read##size, const void *address)  \
    {                                                             \
        plain(address, PLAIN_READ, PLACE());                      \
    }                                                             \
    HOOK(void, __tsan_unaligned_write##size, const void *address) \
    {                                                             \
        plain(address, PLAIN_WRITE, PLACE());                     \
    }

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

static void range(uintptr_t address, size_t size, enum access access, uintptr_t place)
{
    for (size_t i = 0; i < size; i += sizeof(uint64_t))
        plain((void *)(address + i), access, place);
}

HOOK(void, __tsan_read_range, void *address, size_t size)
{
    range((uintptr_t)address, size, PLAIN_READ, PLACE());
}

HOOK(void, __tsan_write_range, void *address, size_t size)
{
    range((uintptr_t)address, size, PLAIN_WRITE, PLACE());
}

HOOK(void, __tsan_init, void)
{
}

HOOK(void, __tsan_func_entry, void *caller)
{
    if (player() < PLAYERS)
        enter_function((uintptr_t)caller - 1);
}

HOOK(void, __tsan_func_exit, void)
{
    if (player() < PLAYERS)
        leave_function();
}

/* ---- Atomic ones ---- */

static bool acquires(int order)
{
    return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order == __ATOMIC_ACQ_REL ||
           order == __ATOMIC_SEQ_CST;
}

static bool releases(int order)
{
    return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

static void atomic_read(const volatile void *address, int order, uintptr_t place)
{
    if (!is_watched(address))
        return;
    come_to(place);
    memory_access((uintptr_t)address, ATOMIC_READ, place);
    if (acquires(order))
        memory_acquire((uintptr_t)address);
}

/* reads: the new value hangs on the old one. What others published there before stays published. */
static void atomic_write(volatile void *address, int order, bool reads, uintptr_t place)
{
    if (!is_watched(address))
        return;
    come_to(place);
    memory_access((uintptr_t)address, ATOMIC_WRITE, place);
    if (reads && acquires(order))
        memory_acquire((uintptr_t)address);
    if (releases(order))
        memory_release((uintptr_t)address, reads);
}

#define MODIFY(bits, name, operation)                                                    \
    HOOK(uint##bits##_t, __tsan_atomic##bits##_##name, volatile uint##bits##_t *address, \
         uint##bits##_t value, int order)                                                \
    {                                                                                    \
        atomic_write(address, order, true, PLACE());                                     \
        return operation(address, value, __ATOMIC_SEQ_CST);                              \
    }

#define COMPARE(bits, name)                                                                             \
    HOOK(int, __tsan_atomic##bits##_##name, volatile uint##bits##_t *address, uint##bits##_t *expected, \
         uint##bits##_t value, int order, int otherwise)                                                \
    {                                                                                                   \
        (void)otherwise;                                                                                \
        atomic_write(address, order, true, PLACE());                                                    \
        return __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST,           \
                                           __ATOMIC_SEQ_CST);                                           \
    }

#define ATOMIC(bits)                                                                                    \
    HOOK(uint##bits##_t, __tsan_atomic##bits##_load, const volatile uint##bits##_t *address, int order) \
    {                                                                                                   \
        atomic_read(address, order, PLACE());                                                           \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                              \
    }                                                                                                   \
    HOOK(void, __tsan_atomic##bits##_store, volatile uint##bits##_t *address, uint##bits##_t value,     \
         int order)                                                                                     \
    {                                                                                                   \
        atomic_write(address, order, false, PLACE());                                                   \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                             \
    }                                                                                                   \
    MODIFY(bits, exchange, __atomic_exchange_n)                                                         \
    MODIFY(bits, fetch_add, __atomic_fetch_add)                                                         \
    MODIFY(bits, fetch_sub, __atomic_fetch_sub)                                                         \
    MODIFY(bits, fetch_and, __atomic_fetch_and)                                                         \
    MODIFY(bits, fetch_or, __atomic_fetch_or)                                                           \
    MODIFY(bits, fetch_xor, __atomic_fetch_xor)                                                         \
    COMPARE(bits, compare_exchange_strong)                                                              \
    COMPARE(bits, compare_exchange_weak)

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

HOOK(void, __tsan_atomic_thread_fence, int order)
{
    (void)order;
    if (player() < PLAYERS)
        come_to(PLACE());
}
