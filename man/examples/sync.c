/* SPDX-License-Identifier: MIT */
/* Each of the locks, once: four workers add up what they may only touch in turn. */
#include <errno.h>

#include <weft/weft.h>

enum { WORKERS = 4 };
static weft_mutex mutex;
static weft_rwlock rwlock;
static weft_cond cond;
static weft_once once;
static weft_semaphore semaphore;
static weft_barrier barrier;
static weft_wait_group group;
static int sum, begun, setting;

static void set_up(void *arg)
{
    (void)arg;
    setting++;
}

static void work(void *arg)
{
    (void)arg;
    weft_once_do(&once, set_up, NULL);
    weft_barrier_wait(&barrier); /* all are here */
    weft_semaphore_acquire(&semaphore, 1);
    weft_rwlock_rdlock(&rwlock);
    int add = setting;
    weft_rwlock_rdunlock(&rwlock);
    weft_semaphore_release(&semaphore, 1);
    weft_mutex_lock(&mutex);
    sum += add;
    begun++;
    if (begun == WORKERS)
        weft_cond_broadcast(&cond);
    weft_mutex_unlock(&mutex);
    weft_wait_group_done(&group);
}

static int make(void)
{
    return weft_mutex_init(&mutex, "sum") || weft_rwlock_init(&rwlock, "setting") ||
           weft_cond_init(&cond, "all") || weft_once_init(&once, "set up") ||
           weft_semaphore_init(&semaphore, 2, "readers") ||
           weft_barrier_init(&barrier, WORKERS, "start") ||
           weft_wait_group_init(&group, "workers");
}

/* What is free is held at once; what is held, not before the deadline. */
static int try_all(void)
{
    int64_t soon = weft_now() + 1000000;
    int right = weft_mutex_trylock(&mutex) == 0;
    right &= weft_cond_wait_until(&cond, &mutex, soon) == -ETIMEDOUT;
    weft_cond_signal(&cond);
    weft_mutex_unlock(&mutex);
    right &= weft_mutex_lock_until(&mutex, WEFT_FOREVER) == 0;
    weft_mutex_unlock(&mutex);
    right &= weft_rwlock_tryrdlock(&rwlock) == 0;
    right &= weft_rwlock_trywrlock(&rwlock) == -EBUSY;
    right &= weft_rwlock_rdlock_until(&rwlock, WEFT_FOREVER) == 0;
    right &= weft_rwlock_wrlock_until(&rwlock, soon) == -ETIMEDOUT;
    weft_rwlock_rdunlock(&rwlock);
    weft_rwlock_rdunlock(&rwlock);
    weft_rwlock_wrlock(&rwlock);
    weft_rwlock_wrunlock(&rwlock);
    right &= weft_semaphore_try(&semaphore, 2) == 0;
    right &= weft_semaphore_acquire_until(&semaphore, 1, soon) == -ETIMEDOUT;
    weft_semaphore_release(&semaphore, 2);
    return right && weft_barrier_wait_until(&barrier, soon) == -ETIMEDOUT;
}

static void first(void *arg)
{
    if (make())
        return;
    int right = try_all();
    weft_wait_group_add(&group, WORKERS);
    for (int i = 0; i < WORKERS; i++)
        if (weft_go(work, NULL))
            return;
    weft_mutex_lock(&mutex);
    while (begun < WORKERS)
        weft_cond_wait(&cond, &mutex);
    weft_mutex_unlock(&mutex);
    weft_wait_group_wait(&group, WEFT_FOREVER);
    weft_wait_group_fini(&group);
    weft_barrier_fini(&barrier);
    weft_semaphore_fini(&semaphore);
    weft_once_fini(&once);
    weft_cond_fini(&cond);
    weft_rwlock_fini(&rwlock);
    weft_mutex_fini(&mutex);
    *(int *)arg = right && setting == 1 && sum == WORKERS;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
