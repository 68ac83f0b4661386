/* What specs need of the system; nothing of it is installed. */
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* fork() -> 0 in the child, its id in the parent */
static int
do_fork(lua_State *L)
{
    fflush(NULL);
    lua_pushinteger(L, (lua_Integer)fork());
    return 1;
}

/* wait(id, seconds) -> exit status, or nil when it does not end in time */
static int
do_wait(lua_State *L)
{
    const pid_t child = (pid_t)luaL_checkinteger(L, 1);
    lua_Number left = luaL_checknumber(L, 2);
    int status;

    for (; left > 0; left -= 0.01) {
        if (waitpid(child, &status, WNOHANG) == child) {
            lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
            return 1;
        }
        usleep(10000);
    }
    return 0;
}

/* exit(status): at once, without handlers */
static int
do_exit(lua_State *L)
{
    _exit((int)luaL_checkinteger(L, 1));
}

/* threads() -> how many this process has, nil where nobody tells */
static int
count_threads(lua_State *L)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    int n = 0;

    if (tasks == NULL)
        return 0;
    while ((entry = readdir(tasks)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(tasks);
    lua_pushinteger(L, n);
    return 1;
}

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int
luaopen_spec_process(lua_State *L);

int
luaopen_spec_process(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, do_fork);
    lua_setfield(L, -2, "fork");
    lua_pushcfunction(L, do_wait);
    lua_setfield(L, -2, "wait");
    lua_pushcfunction(L, do_exit);
    lua_setfield(L, -2, "exit");
    lua_pushcfunction(L, count_threads);
    lua_setfield(L, -2, "threads");
    return 1;
}
